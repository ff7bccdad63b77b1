// ScopeReader: one reading of one listing, from the first page to the decision what has vanished.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "discovery/reconcile.h"
#include "discovery/work.h"

namespace maestro::discovery {

/// The provider's account or project that a document says it belongs to; empty when it says nothing.
std::string account_mark(const json::Object& body);

/// For one job on one thread.
class ScopeReader {
 public:
  ScopeReader(Engine& engine, const Context& context, const store::Job& job)
      : engine_(engine), store_(engine.store()), context_(context), job_(job), write_context_(context) {}
  Result<void> run();

 private:
  /// A document that the scope saw before and the listing does not hold any more.
  struct Missing {
    std::string key;  ///< of the item
    store::RowId row = 0;
    std::string name;
  };
  struct Drop {
    std::vector<Missing> gone;          ///< active documents of this scope
    std::vector<Missing> orphans;       ///< active ones of the same place that no connection sees any more
    std::vector<store::Sighting> over;  ///< sightings of what is retired already
    std::size_t size() const { return gone.size() + orphans.size(); }
  };
  using Work = std::function<Result<void>(store::Transaction&)>;

  // scope.cpp: the way through the pages.
  Result<void> read();
  Result<bool> begin();
  Result<bool> open();
  Result<bool> take(const provider::Page& page);
  Result<bool> take_batch(const provider::Page& page, std::size_t from, std::size_t to);

  /// One transaction of this job: fenced by the lease, with run, scope and connection read afresh. `work` runs only
  /// while the scope is to be read; otherwise (canceled, switched off, ended by somebody else) the scope is ended here,
  /// and the result is false.
  Result<bool> write(const Work& work);
  Result<bool> enter(store::Transaction& tx);
  Result<void> write_end(store::Transaction& tx, store::RunState state, std::string message);

  // How a reading ends.
  Result<void> end(store::RunState state, const std::string& message, const Error* error = nullptr,
                   bool proven = false);
  Result<void> fail(const Error& error);
  Result<void> try_later(const Error& error);
  Result<void> give_back();

  // close.cpp: what the end of a complete listing means.
  Result<void> close();
  Result<bool> find_missing(Drop& drop);
  Result<bool> find_orphans(Drop& drop);
  bool needs_approval(const Drop& drop) const;
  Result<void> hold(const Drop& drop);
  /// Takes those out of the drop that the provider still has, and counts them; `refused` when it did not answer. False
  /// when the scope was ended or given back meanwhile.
  Result<bool> confirm(Drop& drop, std::size_t& kept, std::optional<Error>& refused);
  Result<bool> retire(const Drop& drop);
  Result<void> retire_row(store::Transaction& tx, const Missing& missing, store::Counts& counts);
  Result<void> close_older_holds(store::Transaction& tx);
  std::string flaws_text() const;

  Engine& engine_;
  store::Store& store_;
  const Context& context_;
  const store::Job& job_;
  Context write_context_;

  store::RunScope scope_;
  store::Run run_;
  store::Document connection_;
  const provider::Resource* resource_ = nullptr;
  const model::Entity* entity_ = nullptr;
  std::shared_ptr<provider::Account> account_;
  std::unique_ptr<provider::Listing> listing_;
  std::string region_;  ///< as the provider wants it
  std::optional<Links> links_;
  Sightings known_;
  std::unordered_set<std::string> seen_;
  std::set<std::string> accounts_;  ///< marks of the accounts that the listed items belong to
  std::vector<std::string> flaws_;  ///< why this reading proves nothing about what is missing; the first few
  std::size_t flaw_count_ = 0;
};

}  // namespace maestro::discovery
