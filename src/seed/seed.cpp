#include "seed/seed.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/crypto.h"
#include "inventory/provenance.h"

namespace maestro::seed {
namespace {

using store::Document;
using store::Transaction;

/// Ids begin with a time: that of the original's last release, so that they sort before everything people make.
constexpr std::uint32_t kBorn = 1'586'000'000;

Result<std::int64_t> version_of(store::Store& store, const Context& context) {
  TRY_ASSIGN(const auto text, store.vault().value(context, kMark));
  std::int64_t version = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), version);
  return version;
}

/// Keys of every document of the kind, deleted ones included: a deleted service must not come back.
Result<std::set<std::string>> known_keys(store::Store& store, const Context& context, const model::Entity& entity,
                                         const char* key) {
  store::ListSpec spec{.entity = &entity,
                       .viewer = {.everything = true},
                       .active = std::nullopt,
                       .limit = 1000,
                       .count = store::Count::kNone};
  std::set<std::string> out;
  for (;;) {
    TRY_ASSIGN(const auto page, store.documents().list(context, spec));
    for (const auto& item : page.items) {
      const json::Value shown = json::parse_trusted(item.text);
      out.emplace(json::text_or(shown.get_object(), key));
    }
    if (page.next.empty()) return out;
    spec.cursor = page.next;
  }
}

Result<std::int64_t> plant_kind(store::Store& store, Transaction& tx, const Given& given) {
  const model::Entity& entity = *model::find_entity(given.entity);
  TRY_ASSIGN(const auto bodies, rows(given));
  // What is committed is all there is: this transaction is the only one that writes.
  TRY_ASSIGN(const auto known, known_keys(store, tx.context(), entity, given.key));
  std::int64_t count = 0;
  for (const json::Object& body : bodies) {
    const std::string key(json::text_or(body, given.key));
    if (known.contains(key)) continue;
    Document document;
    document.id = id_of(entity.name, key);
    // A renamed one still has its id.
    TRY_ASSIGN(const auto renamed, store.documents().find(tx, entity, document.id));
    if (renamed) continue;
    document.entity = &entity;
    document.created = document.updated = tx.now();
    document.body = body;
    TRY(store.documents().insert(tx, document, {.verb = "create", .changes = inventory::describe_creation(document)}));
    ++count;
  }
  return count;
}

}  // namespace

ObjectId id_of(std::string_view entity, std::string_view key) {
  const std::string hash = crypto::sha256(std::string(entity) + '\n' + std::string(key));
  unsigned char bytes[12] = {kBorn >> 24, (kBorn >> 16) & 0xFF, (kBorn >> 8) & 0xFF, kBorn & 0xFF};
  std::copy_n(hash.begin(), 8, bytes + 4);
  return ObjectId::from_bytes(bytes);
}

Result<std::vector<json::Object>> rows(const Given& given) {
  for (const EmbeddedFile& file : embedded_seed()) {
    if (file.path != given.file) continue;
    TRY_ASSIGN(json::Value value, json::parse(file.bytes));
    if (!value.is_array()) break;
    std::vector<json::Object> out;
    for (json::Value& row : value.get_array()) {
      if (!row.is_object()) return internal(fmt::format("seed/{} holds something else than objects", given.file));
      out.push_back(std::move(row.get_object()));
    }
    return out;
  }
  return internal(fmt::format("seed/{} is missing or no list", given.file));
}

Result<std::vector<Document>> planted(store::Store& store, const Context& context, const Given& given) {
  const model::Entity& entity = *model::find_entity(given.entity);
  TRY_ASSIGN(const auto bodies, rows(given));
  std::vector<Document> out;
  for (const json::Object& body : bodies) {
    TRY_ASSIGN(auto found, store.documents().find(context, entity, id_of(entity.name, json::text_or(body, given.key))));
    if (found) out.push_back(std::move(*found));
  }
  return out;
}

Result<std::int64_t> plant(store::Store& store, const Context& context) {
  TRY_ASSIGN(const std::int64_t version, version_of(store, context));
  if (version >= kVersion) return 0;
  Context acting = context;
  acting.actor = {.principal = {Principal::Kind::kSystem, {}}, .name = "seed"};
  std::int64_t count = 0;
  TRY(store.write(acting, store::Store::Priority::kInteractive, [&](Transaction& tx) -> Result<void> {
    count = 0;
    // Another process may have been faster.
    TRY_ASSIGN(const std::int64_t now, version_of(store, acting));
    if (now >= kVersion) return {};
    for (const Given& given : kGiven) {
      TRY_ASSIGN(const std::int64_t planted, plant_kind(store, tx, given));
      count += planted;
    }
    return store.vault().set_value(tx, kMark, std::to_string(kVersion));
  }));
  return count;
}

}  // namespace maestro::seed
