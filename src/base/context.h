// Context: what every call carries along: how long it may take, when to stop, on whose behalf.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace maestro {

/// Somebody or something that holds roles on documents.
struct Principal {
  // Stored as numbers: new ones go to the end.
  enum class Kind { kNobody, kUser, kTeam, kConnection, kSystem, kSchedule };
  Kind kind = Kind::kNobody;
  ObjectId id = {};
  bool operator==(const Principal&) const = default;
};

/// Principals that read together: one sees what any of them holds a role on.
using Readers = std::vector<Principal>;

/// The wire word of a principal's kind: "users", "teams", "connections", "system", "scheduler".
const char* principal_refs(Principal::Kind kind);
/// The kind of a holder of roles, by the word of its role: people, teams, schedules of events; anybody else opens
/// nothing.
Principal::Kind holder_kind(std::string_view refs);

/// Who acts: exactly one acting principal a request, and the real person behind it.
struct Actor {
  Principal principal = {};  ///< whose roles count
  std::string name = {};     ///< of the person, or of what acts by itself
  std::string email = {};
  ObjectId user = {};           ///< the signed-in person; nil for the system and for a connection
  bool administrator = false;   ///< that person administers this instance
  bool reads_only = false;      ///< the API token that the request came with may not write
  ObjectId session = {};        ///< the sign-in that the request came with; nil for others
  ObjectId token = {};          ///< that API token; nil for others
  ObjectId run = {};            ///< the discovery run that acts; nil otherwise
  std::string team_name = {};   ///< of the principal when that is a team
  std::string team_email = {};  ///< same
  Readers also = {};            ///< read together with the principal; they never write

  /// Whose roles count for reading.
  Readers readers() const;
  /// Who is told to have done it: the person, also when a team's roles count.
  Principal author() const;
  bool operator==(const Actor&) const = default;
};

/// That nothing has changed since a state with this stamp. What reads the store tells it the stamp of what it has read.
/// Thread-safe.
class Assumption {
 public:
  explicit Assumption(std::int64_t stamp) : stamp_(stamp) {}
  void meet(std::int64_t stamp) {
    State open = State::kOpen;  // what is wrong stays so
    if (stamp != stamp_)
      state_ = State::kWrong;
    else
      state_.compare_exchange_strong(open, State::kRight);
  }
  /// It was met, and never by another stamp.
  bool holds() const { return state_ == State::kRight; }

 private:
  enum class State { kOpen, kRight, kWrong };
  std::int64_t stamp_;
  std::atomic<State> state_ = State::kOpen;
};

/// Passed by const reference down every call; cheap to copy.
struct Context {
  Actor actor = {};
  std::string request_id = {};
  Time deadline = Time::max();
  std::stop_token stop = {};
  /// The actor was remembered, not asked for: see store::Accounts::Known::stamp. Null: it was asked for.
  std::shared_ptr<Assumption> identity = {};

  /// True when the work should end now: its caller is gone or its time is over.
  bool stopped() const {
    return stop.stop_requested() || (deadline != Time::max() && std::chrono::system_clock::now() >= deadline);
  }
};

}  // namespace maestro
