// Gateway: the original's data service over our documents: listings, batches, updates of many, aggregations, the state
// of a connection (spec of the data service). Whoever calls holds the private token of a service; whose documents a
// write may touch is checked all the same: it has to name a holder of the document, or touch only what services keep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/keyring.h"
#include "base/context.h"
#include "base/result.h"
#include "gateway/pipeline.h"
#include "gateway/query.h"
#include "store/store.h"

namespace maestro::gateway {

/// What became of one item of a batch.
struct ItemResult {
  enum class Kind { kCreated, kUpdated, kUnchanged, kError } kind = Kind::kError;
  ObjectId id = {};
  bool by_selector = false;  ///< a new document that had an `_id` or a `unique_id`
  Error error = {};          ///< of kError
};

/// Thread-safe.
class Gateway {
 public:
  struct Parts {
    store::Store& store;
    const auth::Keyring& keyring;
    std::string envelope_secret = {};  ///< MAESTRO_SECRETJWT
    bool shows_credentials =
        false;  ///< connections with their secrets in `conn`, as the original's discovery wants them
    std::size_t max_rows = 100'000;
    std::size_t max_bytes = 128U << 20;
    std::size_t max_document = 256U << 10;
  };
  explicit Gateway(Parts parts) : parts_(std::move(parts)) {}

  struct Page {
    std::vector<json::Object> items;
    std::int64_t found = 0;
  };
  /// In the order of ids. kInvalid when the page would be larger than is allowed.
  Result<Page> list(const Context&, const model::Entity&, const Query&, std::size_t limit, std::size_t page);
  /// nullopt for an unknown one.
  Result<std::optional<json::Object>> find(const Context&, const model::Entity&, const ObjectId&);
  Result<std::vector<json::Object>> aggregate(const Context&, const model::Entity&, const Pipeline&);

  /// Every item for itself; an error is of the store.
  Result<std::vector<ItemResult>> write(const Context&, const model::Entity&, const json::Array& items);

  struct Synced {
    std::size_t matched = 0, modified = 0;
  };
  /// Sets the members of `body` on every document that matches. kInvalid unless the query names an owner, or `body`
  /// holds only names that are copies of another document's.
  Result<Synced> sync(const Context&, const model::Entity&, const json::Object& query, const json::Object& body);

  /// process.<task> = {state, msg}; false for an unknown connection.
  Result<bool> set_state(const Context&, const ObjectId& connection, const std::string& task, const std::string& state,
                         const std::string& message);

 private:
  Result<store::Viewer> viewer(const Context&, const model::Entity&, const std::optional<Holder>&);
  Result<json::Object> show(const Context&, const store::Document&);
  Result<std::vector<ObjectId>> matching(const Context&, const model::Entity&, const Query&);

  Parts parts_;
};

}  // namespace maestro::gateway
