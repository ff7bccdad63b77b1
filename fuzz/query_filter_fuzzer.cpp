// Any query string as filters of any entity: never a crash, a filter that every store can take, or violations in UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/filter_grammar.h"
#include "base/text.h"
#include "http/query.h"
#include "store/match.h"

namespace {

using namespace maestro;

void check(const store::Filter& filter, const model::Entity& entity, std::size_t& leaves, int depth) {
  if (depth > 6) std::abort();
  if (filter.kind == store::Filter::Kind::kNot && filter.children.size() != 1) std::abort();
  for (const store::Filter& child : filter.children) check(child, entity, leaves, depth + 1);
  if (filter.kind != store::Filter::Kind::kLeaf) return;
  if (++leaves > api::kMaxConditions) std::abort();
  using Op = store::Condition::Op;
  const store::Condition& leaf = filter.leaf;
  if (!api::is_filterable(entity, leaf.path)) std::abort();
  const bool has_none = leaf.op == Op::kNever || leaf.op == Op::kAbsent;
  if (has_none != leaf.values.empty()) std::abort();
  if (store::is_comparison(leaf.op) && leaf.values.size() != 1) std::abort();
  for (const json::Value& value : leaf.values) {
    if (value.is_structured() || value.is_null()) std::abort();
    if (leaf.path == "_id" || leaf.path == "created_at" || leaf.path == "updated_at")
      if (!store::is_canonical(leaf.path, value)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const json::Object query = http::parse_nested(input);
  static const store::Document document = [] {
    store::Document out;
    out.body = json::parse_trusted(R"({"name":"web-01","cpu":4,"unique_id":42,"ipv4_private":"10.1.0.5","regions":["a"],
        "tags":[{"key":"env","value":"prod"}],"os":{"base":"Linux"},"storage":[{"size":8,"lvm":true}],"sucessed":true})")
                   .get_object();
    return out;
  }();
  for (const model::Entity* entity : model::entities()) {
    api::Moment moment{from_ms(1'800'000'000'000), false};
    api::Violations violations;
    const store::Filter filter = api::read_filters(query, *entity, moment, violations);
    if (violations.empty()) {
      std::size_t leaves = 0;
      check(filter, *entity, leaves, 0);
      (void)store::Matcher::compile(filter)->matches(document);
    } else if (!text::is_utf8(violations.error().details_json) || !json::parse(violations.error().details_json).ok()) {
      std::abort();
    }
  }
  return 0;
}
