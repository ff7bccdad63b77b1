// Reconciler: brings one page of a listing and the stored documents together, inside one transaction.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "discovery/engine.h"
#include "discovery/links.h"
#include "provider/provider.h"
#include "store/store.h"

namespace maestro::discovery {

/// What a scope's last readings saw, by item key.
using Sightings = std::unordered_map<std::string, store::Sighting>;

/// What one reading works with; all of it outlives the reconciler.
struct Scene {
  store::Store& store;
  const provider::Resource& resource;
  const model::Entity& entity;
  const store::Document& connection;
  std::int64_t scope = 0;  ///< interned
  const Sightings& known;
  Links& links;
  std::size_t document_bytes = 256 << 10;
};

/// What a page did; counted only once its transaction has committed.
struct PageResult {
  store::Counts counts;
  std::vector<std::string> errors;  ///< items that could not be taken, for a person
};

/// The stored identity of an item: "<resource id>|<item key>".
std::string row_key(const provider::Resource& resource, std::string_view item_key);
/// Sets `accountant` to the connections that see the row now (and `also`); false when nothing changed.
Result<bool> write_accountant(store::Transaction& tx, store::Store& store, store::Document& document,
                              const ObjectId& also);
/// A name for messages: the document's name, or its key.
std::string display_name(const store::Document& document, std::string_view fallback);

/// For one transaction.
class Reconciler {
 public:
  Reconciler(store::Transaction& tx, const Scene& scene, PageResult& result)
      : tx_(tx), scene_(scene), result_(result) {}
  /// What take() will be called with: the stored documents are read together.
  void expect(std::span<const provider::Item> items);
  Result<void> take(const provider::Item& item);

 private:
  /// An item made ready to be written.
  struct Reading {
    const provider::Item& item;
    std::string key;      ///< row key
    json::Object fields;  ///< without what the server keeps
    std::vector<std::string> keep;
    bool active = true;
    std::optional<Time> created;
    std::string hash;  ///< what the sighting will remember
  };
  Reading read(const provider::Item& item, Links::Found links) const;
  Result<std::optional<store::Document>> find_row(const Reading& reading, const store::Sighting* sighting);
  Result<std::optional<store::Document>> find_adoptable(const Reading& reading);
  Result<void> create(const Reading& reading);
  Result<void> change(const Reading& reading, const store::Document& before, bool adopted,
                      const store::Sighting* sighting);
  Result<void> see(const Reading& reading, store::RowId row, const store::Sighting* sighting);
  bool fits(const Reading& reading, const store::Document& document);

  store::Transaction& tx_;
  const Scene& scene_;
  PageResult& result_;
};

}  // namespace maestro::discovery
