// Story: the order in which an invented estate comes about, session by session, each of one actor at one time.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "demo/estate.h"
#include "store/store.h"

namespace maestro::demo {

/// One transaction: documents of a slice that are found, entered or changed together.
struct Session {
  enum class Step : std::uint8_t { kFind, kEnter, kChange, kEdit } step = Step::kFind;
  std::uint8_t round = 0;  ///< of a change or an edit: 1 ..; the last round also retires and deletes
  std::uint32_t slice = 0;
  Time at{};
};
/// In the order of time.
std::vector<Session> sessions(const Estate& estate);

/// What sessions have written so far.
struct Tally {
  std::int64_t documents = 0, deleted = 0, history = 0;
};

/// Writes sessions. For one thread.
class Teller {
 public:
  /// `password_hash` is the credential of those who sign in.
  Teller(store::Store& store, const Estate& estate, std::string password_hash)
      : store_(store),
        estate_(estate),
        password_hash_(std::move(password_hash)),
        sets_(static_cast<std::size_t>(estate.access().count()), 0),
        roles_hashes_(sets_.size()) {}

  /// The context that a session's transaction must run in.
  Context acting(const Context& context, const Session& session) const;
  /// Indexes that the session touches; none = there is nothing to write.
  std::vector<std::int64_t> touched(const Session& session) const;
  /// Inside the session's transaction; may be called again for the same session. Adds to `tally` and appends every
  /// document as it was written, canonically, to `text`.
  Result<void> tell(store::Transaction& tx, const Session& session, const std::vector<std::int64_t>& indexes,
                    Tally& tally, std::string& text);
  /// After the transaction has committed: the access sets that it made are there to stay.
  void committed();

 private:
  Result<store::SetId> set_id(store::Transaction& tx, std::int64_t set);
  Result<void> make(store::Transaction& tx, const Item& item, Tally& tally, std::string& text);
  Result<void> change(store::Transaction& tx, const Item& item, const Session& session, Tally& tally,
                      std::string& text);
  Result<void> write(store::Transaction& tx, const store::Document& before, store::Document& after, const char* verb,
                     Tally& tally);
  void append(store::Document& document, std::int64_t set, std::string& text);
  const std::string& roles_hash(std::int64_t set);

  store::Store& store_;
  const Estate& estate_;
  std::string password_hash_;
  std::vector<store::SetId> sets_;  ///< by number; 0 = not yet known
  std::vector<std::pair<std::int64_t, store::SetId>> fresh_;
  std::vector<std::string> roles_hashes_;  ///< by number; empty = not yet made
};

}  // namespace maestro::demo
