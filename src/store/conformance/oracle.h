// Conformance: an oracle in memory that lists are compared with.
#pragma once

#include "store/conformance/suite.h"

namespace maestro::store {

/// All documents in memory, and lists made the plain way.
class Oracle {
 public:
  std::vector<Document> documents;
  std::map<SetId, std::vector<RoleEntry>> sets;

  using Key = std::variant<std::monostate, double, std::string>;
  static Key key_of(const Document& document, const std::string& path) {
    if (path == "_id") return document.id.hex();
    if (path == "created_at") return static_cast<double>(to_ms(document.created));
    if (path == "updated_at") return static_cast<double>(to_ms(document.updated));
    if (path == "active") return document.active ? 1.0 : 0.0;
    if (const Column* column = find_column(*document.entity, path)) {
      const ColumnValue value = column_value(document, *column);
      if (const auto* text = std::get_if<std::string>(&value)) return *text;
      if (const auto* real = std::get_if<double>(&value)) return *real;
      if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
      return {};
    }
    const json::Value* value = json::find(document.body, path);
    if (value == nullptr || value->is_null() || value->is_structured()) return {};
    if (value->is_number()) return value->to_number<double>();
    return json::scalar_text(*value);
  }

  std::vector<ObjectId> list(const ListSpec& spec) const {
    const auto matcher = Matcher::compile(spec.filter);
    std::vector<const Document*> found;
    for (const Document& document : documents) {
      if (document.entity != spec.entity || (spec.active && *spec.active != document.active)) continue;
      if (!spec.viewer.everything && spec.entity->access != model::Access::kNone) {
        const auto set = sets.find(document.access);
        if (set == sets.end()) continue;
        if (AccessSet{0, set->second, ""}.role_of(spec.viewer.readers) < spec.viewer.role) continue;
      }
      if (matcher->matches(document)) found.push_back(&document);
    }
    std::sort(found.begin(), found.end(), [&](const Document* a, const Document* b) {
      const auto left = std::pair(key_of(*a, spec.sort), a->row), right = std::pair(key_of(*b, spec.sort), b->row);
      return spec.descending ? right < left : left < right;
    });
    std::vector<ObjectId> out;
    for (const Document* document : found) out.push_back(document->id);
    return out;
  }
};

class ListConformance : public StoreConformance {
 public:
  void add(Document document) {
    documents().access(document.access);
    oracle.documents.push_back(insert(std::move(document)));
  }
  void replace(std::size_t at, const Document& after) { oracle.documents[at] = update(oracle.documents[at], after); }
  SetId make_set(const std::vector<RoleEntry>& entries) {
    const SetId id = intern(entries);
    oracle.sets[id] = entries;
    return id;
  }

  /// The list, its count, and the same list walked by offset, by cursor, and back by cursor.
  void expect_oracle(ListSpec spec, std::size_t page_size = 7) {
    const std::vector<ObjectId> expected = oracle.list(spec);
    const auto whole = must(documents().list(context, spec));
    std::vector<ObjectId> got;
    for (const ListItem& item : whole.items) got.push_back(item.id);
    ASSERT_EQ(got, expected);
    ASSERT_EQ(whole.total, static_cast<std::int64_t>(expected.size()));
    ASSERT_EQ(must(documents().count(context, spec)), static_cast<std::int64_t>(expected.size()));

    spec.limit = page_size;
    std::vector<ObjectId> by_offset;
    for (spec.offset = 0; spec.offset < expected.size(); spec.offset += page_size)
      for (const ObjectId& id : ids(spec)) by_offset.push_back(id);
    ASSERT_EQ(by_offset, expected);
    ASSERT_TRUE(ids(spec).empty());
    spec.offset = 0;

    std::vector<ObjectId> forward;
    std::string last;
    for (std::size_t turns = 0; turns <= expected.size(); ++turns) {
      const auto page = must(documents().list(context, spec));
      for (const ListItem& item : page.items) forward.push_back(item.id);
      ASSERT_EQ(page.previous.empty(), spec.cursor.empty());
      ASSERT_EQ(page.total, static_cast<std::int64_t>(expected.size()));
      last = page.previous;
      if (page.next.empty()) break;
      spec.cursor = page.next;
    }
    ASSERT_EQ(forward, expected);

    std::vector<ObjectId> backward;
    for (std::size_t turns = 0; !last.empty() && turns <= expected.size(); ++turns) {
      spec.cursor = last;
      const auto page = must(documents().list(context, spec));
      for (auto item = page.items.rbegin(); item != page.items.rend(); ++item) backward.push_back(item->id);
      last = page.previous;
    }
    if (!backward.empty()) {
      std::reverse(backward.begin(), backward.end());
      ASSERT_EQ(backward, std::vector<ObjectId>(expected.begin(),
                                                expected.begin() + static_cast<std::ptrdiff_t>(backward.size())));
      ASSERT_EQ((expected.size() - 1) / page_size * page_size, backward.size());
    }
  }

  Oracle oracle;
};

/// Values that a cloud or an old client may leave behind: numbers as text, texts as numbers, arrays, nulls, nothing.
inline json::Value odd_value(std::mt19937& random) {
  switch (random() % 11) {
    case 6:
      return json::Value(std::string("v1\0x", 4));
    case 7:
      return json::Value(std::string(3000, 'v'));
    case 0:
      return json::Value(static_cast<std::int64_t>(random() % 3));
    case 1:
      return json::Value(nullptr);
    case 2:
      return json::Value(json::Array{json::Value("a"), json::Value(fmt::format("v{}", random() % 3))});
    case 3:
      return json::Value(true);
    case 4:
      return json::Value(json::Object{{"x", 1}});
    case 5:
      return json::Value(std::to_string(random() % 3));
    default:
      return json::Value(fmt::format("v{}", random() % 4));
  }
}

}  // namespace maestro::store
