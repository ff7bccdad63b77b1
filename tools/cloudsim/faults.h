// Faults: what shall go wrong, when, and how often.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "json/json.h"

namespace maestro::cloudsim {

enum class Cloud { kAws, kOpenStack };
const char* cloud_name(Cloud cloud);
std::optional<Cloud> cloud_from_name(std::string_view name);

enum class FaultKind {
  kThrottle,
  kForbidden,
  kError500,
  kTimeout,
  kSlow,
  kTruncated,
  kMalformed,
  kExpiredToken,
  kDuplicatePage,
  kEmptyPage,
  kDropConnection,
  kRepeatToken,
};
const char* fault_name(FaultKind kind);

/// Where in its listing a request is; an action that lists nothing is one page of nothing.
struct Place {
  std::size_t page = 1;
  std::size_t pages = 1;
  bool listing = false;

  bool first() const { return page <= 1; }
  bool last() const { return page >= pages; }
  bool middle() const { return page == pages / 2 + 1; }
};

struct Fault {
  enum class At { kAny, kFirst, kMiddle, kLast, kNumber };

  std::uint64_t id = 0;
  Cloud cloud = Cloud::kAws;
  std::string action;  ///< "*" = every one
  std::string region;  ///< empty = every one
  FaultKind kind = FaultKind::kThrottle;
  At at = At::kAny;
  std::size_t number = 0;
  std::uint64_t times = 1;  ///< 0 = until it is removed
  std::uint64_t hits = 0;
  Millis delay{0};
};

/// Thread-safe.
class Faults {
 public:
  /// From the control API's description; kInvalid says what it does not understand.
  Result<std::uint64_t> add(const json::Object& description);
  bool remove(std::uint64_t id);
  void clear();
  json::Array list() const;

  /// The oldest fault that applies here; counts it.
  std::optional<Fault> take(Cloud cloud, std::string_view action, std::string_view region, const Place& place);

 private:
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::vector<Fault> faults_;
};

/// Applies what concerns only the way of an answer to the client: delay, cut, broken text. May wait.
http::Reply deliver(http::Reply reply, const std::optional<Fault>& fault, const std::stop_token& stop);

}  // namespace maestro::cloudsim
