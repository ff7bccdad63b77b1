// Kind: one row of the table of what an invented estate holds. A further entity is one file in demo/kinds/ and one row
// in kinds.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "demo/random.h"
#include "json/json.h"
#include "model/entity.h"

namespace maestro::demo {

class Estate;
struct Place;

/// One document that a kind is asked about. Everything that it says must follow from this alone.
struct Item {
  const Estate& estate;
  std::size_t kind = 0;     ///< row of kinds()
  std::int64_t index = 0;   ///< within the kind
  const Place* place = {};  ///< nullptr for what stands in no place
  bool by_hand = false;     ///< a person enters it; a connection finds it otherwise
  Time made{};              ///< when it is entered or found
  ObjectId id = {};

  /// `what` tells questions apart; a kind numbers its own.
  Random random(std::uint64_t what) const;
};

struct Kind {
  const char* entity = "";
  enum class Spread {
    kCompany,       ///< in no place: people
    kOncePerPlace,  ///< as many as there are places: the datacenter, its connection
    kManyPerPlace,  ///< few places have many
  } spread = Spread::kManyPerPlace;
  double share = 0;  ///< of all documents; 0 for one kind alone: what the others leave
  std::int64_t least = 0, most = 0;
  double by_hand = 1;    ///< share that people enter, where discovery finds the kind
  double changed = 0.1;  ///< share that is changed later, one to three times
  double deleted = 0.03;

  /// The pack resource that finds it in a place ("aws/ec2_instances"); empty = people enter it there. nullptr = always.
  const char* (*resource)(const Place&) = nullptr;
  /// Its id in the provider's words, part of the row's key; only with `resource`.
  std::string (*key)(const Item&) = nullptr;
  /// Its fields as found or entered, after `round` later changes by the connection (0 = as first seen).
  void (*describe)(const Item&, int round, json::Object& fields) = nullptr;
  /// Top-level fields that a person sets in their `round`-th change (1 ..), given the stored body.
  void (*edit)(const Item&, int round, const json::Object& body, json::Object& fields) = nullptr;
  /// When the provider made it, before it was found; nullptr = when it was entered here.
  Time (*created)(const Item&) = nullptr;
};

/// Every kind, in the order in which they are made where times are equal.
std::span<const Kind* const> kinds();
/// The entity of a row.
const model::Entity& entity_of(const Kind& kind);

}  // namespace maestro::demo
