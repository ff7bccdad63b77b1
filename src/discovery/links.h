// Links: what a discovered item refers to in our own inventory, looked up among its owner's documents only.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "provider/provider.h"
#include "store/store.h"

namespace maestro::discovery {

/// The look-ups of one reading, each answered once. Not thread-safe.
class Links {
 public:
  /// `connection` and what it owns decide whose documents are searched.
  Links(store::Store& store, const store::Document& connection, std::string region)
      : store_(store), connection_(connection), region_(std::move(region)) {}

  struct Found {
    json::Object fields;            ///< what the item gains
    std::vector<std::string> keep;  ///< fields that could not be filled: the stored values stay
    /// Stands for the result in the item's hash: a look-up that answers differently later makes the item changed.
    std::string signature;
  };
  Result<Found> resolve(store::Transaction& tx, const provider::Item& item);

 private:
  using Kind = provider::Item::Link::Kind;
  Result<json::Object> flavor(store::Transaction& tx, const std::string& id);
  Result<json::Object> application(store::Transaction& tx, Kind kind, const std::string& value);

  store::Store& store_;
  const store::Document& connection_;
  std::string region_;
  std::map<std::pair<Kind, std::string>, json::Object> answers_;
};

}  // namespace maestro::discovery
