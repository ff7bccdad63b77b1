// One search over every kind of document.
#include "api/filter_values.h"
#include "api/list_query.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/ip.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

constexpr std::size_t kMinCharacters = 3;
constexpr std::size_t kMaxBytes = 200;
constexpr std::ptrdiff_t kMaxWords = 8;
constexpr const char* kHint = "Type at least three characters in a row";
constexpr const char* kTaken[] = {"q", "kinds", "limit", "scope"};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// The index holds pieces of three characters: shorter words alone find nothing in it.
bool is_too_short(std::string_view text) {
  if (characters(text) < kMinCharacters) return true;
  if (parse_network(text)) return false;
  const auto words = text::split(text, ' ');
  return std::all_of(words.begin(), words.end(),
                     [](std::string_view word) { return characters(word) < kMinCharacters; });
}

std::vector<const model::Entity*> read_kinds(const Object& query, Violations& violations) {
  std::vector<const model::Entity*> out;
  const Value* wanted = query.if_contains("kinds");
  if (wanted == nullptr) {
    out.assign(model::entities().begin(), model::entities().end());
    return out;
  }
  if (!wanted->is_string()) {
    violations.add("kinds", "must be a list of kinds", "string.base");
    return out;
  }
  for (const std::string& name : split_list(wanted->get_string())) {
    const model::Entity* entity = model::find_entity(name);
    if (entity == nullptr)
      violations.add("kinds", "has no kind " + shown(name), "any.unknown");
    else if (std::find(out.begin(), out.end(), entity) == out.end())
      out.push_back(entity);
  }
  if (out.empty() && violations.empty()) violations.add("kinds", "names no kind", "array.min");
  return out;
}

std::string read_text(const Object& query, Violations& violations) {
  const Value* value = query.if_contains("q");
  if (value == nullptr) return {};
  if (!value->is_string()) {
    violations.add("q", "must be a text", "string.base");
    return {};
  }
  std::string text(text::trim(value->get_string()));
  if (text.size() > kMaxBytes) violations.add("q", fmt::format("must be at most {} bytes", kMaxBytes), "string.max");
  const auto words = text::split(text, ' ');
  if (std::count_if(words.begin(), words.end(), [](std::string_view word) { return !word.empty(); }) > kMaxWords)
    violations.add("q", fmt::format("must be at most {} words", kMaxWords), "array.max");
  return text;
}

Result<Answer> search(Call& call) {
  Violations violations;
  for (const auto& member : call.query) {
    const std::string_view key = member.key();
    if (std::find(std::begin(kTaken), std::end(kTaken), key) == std::end(kTaken))
      violations.add(shown(key), "is no parameter of a search", "any.unknown");
  }
  store::SearchSpec spec;
  spec.text = read_text(call.query, violations);
  spec.kinds = read_kinds(call.query, violations);
  const auto limit = call.number("limit", 10, 1, 50);
  if (!limit.ok()) violations.add("limit", "must be a whole number from 1 to 50", "number.base");
  if (!violations.empty()) return violations.error();
  spec.readers = call.context.actor.readers();
  spec.limit = static_cast<std::size_t>(*limit);
  if (is_too_short(spec.text)) {
    return json_answer(200, Object{{"q", spec.text}, {"groups", json::Array{}}, {"capped", false}, {"hint", kHint}});
  }
  TRY_ASSIGN(const store::SearchPage page, call.services.store.documents().search(call.context, spec));
  std::string body = "{\"q\":" + json::write(Value(spec.text)) + ",\"groups\":[";
  for (const store::SearchGroup& group : page.groups) {
    if (body.back() != '[') body += ',';
    body += fmt::format(R"({{"entity":{},"label":{},"found":{},"items":[)", json::write(Value(group.entity->name)),
                        json::write(Value(group.entity->label_plural)), group.found);
    for (const store::SearchHit& hit : group.hits) {
      if (body.back() != '[') body += ',';
      append_item(call, *group.entity, hit.item, body);
      body += ",\"match\":" + json::write(Value(hit.match)) + "}";
    }
    body += "]}";
  }
  body += fmt::format(R"(],"capped":{}}})", page.capped);
  return Answer{.body = std::move(body)};
}

}  // namespace

std::vector<Route> search_routes() {
  return {{.method = http::Method::kGet,
           .pattern = "/search",
           .handler = search,
           .doc = "Names, ids, tags and addresses of all kinds, the best hit first.",
           .original = false,
           .only_reads = true,
           .tag = "search"}};
}

}  // namespace maestro::api
