// Any JSON as a query or a pipeline of the original's services: never a crash, a filter that every store can take, or
// words about what is wrong, in UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "gateway/form.h"
#include "gateway/item.h"
#include "gateway/pipeline.h"
#include "store/match.h"

namespace {

using namespace maestro;

void check(const store::Filter& filter, std::size_t& leaves, int depth) {
  if (depth > 3 * gateway::kMaxDepth + 6) std::abort();
  if (filter.kind == store::Filter::Kind::kNot && filter.children.size() != 1) std::abort();
  if (filter.kind == store::Filter::Kind::kElement && filter.leaf.path.empty()) std::abort();
  for (const store::Filter& child : filter.children) check(child, leaves, depth + 1);
  if (filter.kind != store::Filter::Kind::kLeaf) return;
  // A value may become a pair of tests (nothing: absent, or null).
  if (++leaves > 2 * (gateway::kMaxConditions + gateway::kMaxValues)) std::abort();
  using Op = store::Condition::Op;
  if ((filter.leaf.op == Op::kNever || filter.leaf.op == Op::kAbsent) != filter.leaf.values.empty()) std::abort();
  if (filter.leaf.path.empty()) std::abort();
}

void check(const Error& error) {
  if (error.code != Code::kInvalid || error.message.empty() || !text::is_utf8(error.message)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!parsed.ok()) return 0;
  static const json::Object row =
      json::parse_trusted(R"({"_id":"5f00000000000000000000aa","name":"web-01","cpu":4,"tags":[{"key":"a","value":"b"}],
        "deps":[{"_id":"5f00000000000000000000aa"}],"created_at":"2026-01-01T00:00:00","roles":[{"_id":"5f00000000000000000000bb"}]})")
          .get_object();
  const model::Entity& servers = *gateway::find_collection("servers");
  store::Document document;
  document.body = row;
  if (parsed->is_object()) {
    const auto query = gateway::read_query(parsed->get_object(), servers);
    if (query.ok()) {
      std::size_t leaves = 0;
      check(query->filter, leaves, 0);
      (void)store::Matcher::compile(query->filter)->matches(document);
    } else {
      check(query.error());
    }
    const auto item = gateway::read_item(*parsed, servers);
    if (item.ok()) {
      json::Object body = row;
      const auto applied = gateway::apply_operators(*item, body);
      if (!applied.ok()) check(applied.error());
    } else {
      check(item.error());
    }
  }
  if (parsed->is_array()) {
    const auto pipeline = gateway::read_pipeline(parsed->get_array(), servers);
    if (!pipeline.ok()) {
      check(pipeline.error());
      return 0;
    }
    const gateway::Fetch fetch = [](const model::Entity&) { return std::vector<json::Object>{row, row}; };
    const auto rows = gateway::run_stages({}, pipeline->stages, {row, row}, fetch, {.rows = 1000, .bytes = 1 << 20});
    if (!rows.ok()) check(rows.error());
  }
  return 0;
}
