// The rows of the table of kinds, one a file beside this one, and the words that they share.
#pragma once

#include "demo/estate.h"
#include "demo/kind.h"

namespace maestro::demo {

extern const Kind kUsers;
extern const Kind kDatacenters;
extern const Kind kConnections;
extern const Kind kFlavors;
extern const Kind kServers;
extern const Kind kClients;
extern const Kind kSystem;
extern const Kind kApplications;
extern const Kind kNetworks;
extern const Kind kVolumes;
extern const Kind kSnapshots;
extern const Kind kImages;

/// A machine size of a provider; each family in rising order.
struct Size {
  const char* name;
  int cpu;
  double memory_gib;
  int disk_gb;
  int weight;
};
std::span<const Size> sizes(bool aws);
/// A number as JSON has it: 8, not 8.0.
json::Value whole_or(double number);

/// What a machine or flavor says about where it is.
json::Object placement(const Place& place, const std::string& region);

struct Word {
  const char* text;
  int weight;
};
inline constexpr Word kEnvironments[] = {{"Production", 480}, {"Staging", 180}, {"Development", 220}, {"Testing", 90},
                                         {"Training", 20},    {"Sandbox", 9},   {"Recovery", 1}};

}  // namespace maestro::demo
