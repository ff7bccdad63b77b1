// Demo data: fills an empty store with an invented estate of any size that is the same each time it is made.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth/password.h"
#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "store/store.h"

namespace maestro::demo {

inline constexpr std::int64_t kLeast = 100;
inline constexpr std::int64_t kMost = 10'000'000;
inline constexpr std::int64_t kMostSets = 100'000;
/// Addresses of the people who can sign in: one sees every document, one a tenth, one a thousandth.
inline constexpr const char* kSeesAll = "demo-all@example.com";
inline constexpr const char* kSeesSome = "demo-mid@example.com";
inline constexpr const char* kSeesLittle = "demo-tiny@example.com";
inline constexpr const char* kPassword = "demo-password";

/// What the estate follows from. Everything but password and cost is part of its identity.
struct Options {
  std::int64_t documents = 1000;  ///< of all kinds together, exactly
  std::uint64_t seed = 1;
  std::int64_t access_sets = 0;  ///< distinct sets of roles; 0 = by size: about 1.6 x the root of `documents`
  Time until = from_ms(1'767'225'600'000);  ///< when its two years of history end; default 2026-01-01
  std::string password = kPassword;
  auth::PasswordCost cost = {};
};

struct Summary {
  struct Row {
    std::string kind;
    std::int64_t documents = 0, deleted = 0;
    std::int64_t history = 0;
  };
  std::vector<Row> kinds;
  std::int64_t documents = 0, deleted = 0, history = 0;
  std::int64_t access_sets = 0;
  std::int64_t already = 0;  ///< documents that an earlier, interrupted call had written
  std::string hash;  ///< over every document as it was made and as it was changed; hex. Equal options, equal hash
};

struct Progress {
  std::int64_t done = 0, of = 0;  ///< documents
};
/// Called after each transaction, on the calling thread.
using OnProgress = std::function<void(const Progress&)>;

/// kInvalid for options that cannot be met.
Result<void> check(const Options& options);

/// Fills `store`, whose clock must be `clock`: history is written at the times of the story, and the clock is moved
/// along with it. Refuses with kInvalid what the options rule out, with kConflict a store that holds documents or a
/// finished estate; nothing is written then. Carries on where a call with equal options was interrupted, and refuses
/// others. Ends with kUnavailable when the context stops it; what is written by then stays, to be carried on.
Result<Summary> fill(store::Store& store, FakeClock& clock, const Context& context, const Options& options,
                     const OnProgress& on_progress = {});

}  // namespace maestro::demo
