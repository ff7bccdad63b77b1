#include "api/list_query.h"

#include <charconv>

#include "api/as_of.h"
#include "api/filter_grammar.h"
#include "api/services.h"
#include "api/sparse_fields.h"
#include "base/text.h"
#include "http/query.h"
#include "inventory/inventory.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;
using model::Entity;
using store::Condition;
using store::Filter;

constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kMaxPattern = 512;
constexpr std::size_t kMaxColumns = 40;

void add(Filter& filter, Condition condition) {
  filter.children.push_back({.kind = Filter::Kind::kLeaf, .leaf = std::move(condition), .children = {}});
}

/// Plain key: text equality, arrays mean any of.
Result<void> add_plain(const Entity& entity, std::string_view path, const Value& value, Filter& filter) {
  Condition condition{.path = std::string(path), .op = Condition::Op::kEq, .values = {}};
  const auto take = [&](const Value& one) {
    if (one.is_string()) condition.values.push_back(one);
  };
  if (value.is_array()) {
    for (const Value& one : value.get_array()) take(one);
  } else {
    take(value);
  }
  if (condition.values.empty()) condition.op = Condition::Op::kNever;
  if (path == "_id" || is_relation_id(entity, path)) {
    for (const Value& one : condition.values)
      if (!ObjectId::parse(one.get_string())) return inventory::bad_id(one.get_string());
    for (Value& one : condition.values) one = text::lower(one.get_string());
  }
  add(filter, std::move(condition));
  return {};
}

/// The `query` parameter: field -> case-insensitive regular expression.
void add_patterns(const Entity& entity, const Object& query, Filter& filter,
                  std::set<std::string, std::less<>>& taken) {
  for (const auto& member : query) {
    const Value& value = member.value();
    const bool falsy = value.is_null() || (value.is_bool() && !value.get_bool()) ||
                       (value.is_string() && value.get_string().empty()) ||
                       (value.is_number() && value.to_number<double>() == 0);
    if (falsy) continue;
    std::string path(member.key());
    for (const model::Alias& alias : entity.aliases) {
      if (path == alias.from) {
        path = alias.to;
        break;
      }
    }
    if (!is_filterable(entity, path)) continue;
    taken.insert(path);
    const std::string pattern = json::scalar_text(value);
    if (pattern.empty() || pattern.size() > kMaxPattern) {
      add(filter, {.path = path, .op = Condition::Op::kNever, .values = {}});
    } else {
      add(filter, {.path = path, .op = Condition::Op::kRegex, .values = {Value(pattern)}});
    }
  }
}

/// Leading digits as JavaScript's parseInt reads them; nullopt for NaN.
std::optional<std::int64_t> parse_int(const Value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto chars = text::trim(value->get_string());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(chars.data(), chars.data() + chars.size(), number);
  if (error != std::errc() || end == chars.data()) return std::nullopt;
  return number;
}

/// A parameter of ours that is sent once; empty when it is not there.
std::string_view read_once(const Object& query, const char* name, Violations& violations) {
  const Value* value = query.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get_string();
  violations.add(name, "must be given once, as a text", "string.base");
  return {};
}

/// sort=name, sort=-updated_at; instead of orderBy and ascending.
void read_sort(const Object& query, const Entity& entity, store::ListSpec& spec, Violations& violations) {
  const Value* value = query.if_contains("sort");
  if (value == nullptr) return;
  std::string_view path = value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  spec.descending = path.starts_with('-');
  if (spec.descending) path.remove_prefix(1);
  if (!is_sortable(entity, path))
    return violations.add("sort",
                          "must be one field that can be sorted by, descending with a minus" +
                              (path.empty() ? std::string() : ": not " + shown(path)),
                          "any.unknown");
  spec.sort = path;
}

void read_count(const Object& query, ListQuery& out, Violations& violations) {
  const Value* value = query.if_contains("count");
  if (value == nullptr) return;
  out.says_count = true;
  const std::string_view word = value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  if (word == "estimate") {
    out.spec.count = store::Count::kEstimate;
  } else if (word == "none") {
    out.spec.count = store::Count::kNone;
  } else if (word != "exact") {
    violations.add("count", "must be one of [exact, estimate, none]", "any.allowOnly");
  }
}

void read_columns(const Object& query, const Entity& entity, ListQuery& out, Violations& violations) {
  const std::string wanted(read_once(query, "columns", violations));
  for (const auto part : text::split(wanted, ',')) {
    if (part.empty()) continue;
    if (!is_filterable(entity, part))
      violations.add("columns", "has no field " + shown(part), "any.unknown");
    else if (out.columns.size() < kMaxColumns)
      out.columns.emplace_back(part);
    else
      return violations.add("columns", "names too many fields", "array.max");
  }
  if (!out.columns.empty() && !out.fields.empty())
    violations.add("columns", "cannot be combined with fields", "object.without");
}

void read_inactive(const Object& query, const Entity& entity, ListQuery& out, Violations& violations) {
  const Value* value = query.if_contains("inactive");
  if (value == nullptr) return;
  const std::string_view word = read_once(query, "inactive", violations);
  if (!value->is_string() || word == "false") return;
  if (word != "true") return violations.add("inactive", "must be true or false", "boolean.base");
  if (!entity.visible_inactive)
    return violations.add("inactive", "is not told: what was deleted of this kind is not shown", "any.allowOnly");
  out.with_inactive = true;
  out.spec.active = std::nullopt;
}

/// A cursor belongs to one filter. Where that counts from now, "now" is the moment of the first page: it travels with
/// the cursor as t<milliseconds>.
Moment read_moment(const Call& call, std::string& cursor) {
  Moment moment{call.services.clock.now(), false};
  const auto dot = cursor.find('.');
  if (!cursor.starts_with('t') || dot == std::string::npos) return moment;
  std::int64_t ms = 0;
  const char* const end = cursor.data() + dot;
  const auto [at, error] = std::from_chars(cursor.data() + 1, end, ms);
  // Only a moment that has been: nobody chooses the clock.
  if (error != std::errc() || at != end || ms < 0 || ms > to_ms(moment.now)) return moment;
  cursor.erase(0, dot + 1);
  return {from_ms(ms), false};
}

/// Everything that is ours; all of its violations at once.
Result<void> read_new_parameters(const Call& call, const Entity& entity, ListUse use, ListQuery& out) {
  const Object& query = call.query;
  Violations violations;
  Moment moment = read_moment(call, out.spec.cursor);
  Filter filter = read_filters(query, entity, moment, violations);
  if (moment.used) out.since = fmt::format("t{}.", to_ms(moment.now));
  for (Filter& child : filter.children) out.spec.filter.children.push_back(std::move(child));
  // The query parser stops here: what follows would be missing from the filter without a word.
  if (http::count_pairs(call.request.query) > http::kMaxPairs)
    violations.add("filter", fmt::format("comes with more than {} parameters", http::kMaxPairs), "array.max");
  read_inactive(query, entity, out, violations);
  if (use != ListUse::kFilter) {
    (void)read_once(query, "cursor", violations);
    read_sort(query, entity, out.spec, violations);
    read_count(query, out, violations);
    out.fields = read_fields(query, entity, true, violations);
    read_columns(query, entity, out, violations);
  }
  if (!violations.empty()) return violations.error();
  return {};
}

/// What a list without any parameter is.
ListQuery first_page(const Call& call, const Entity& entity, std::size_t limit) {
  ListQuery out;
  out.spec.entity = &entity;
  out.spec.viewer = inventory::viewer(entity, call.context.actor);
  out.spec.limit = limit;
  out.limit_echo = limit;
  out.page_echo = 1;
  return out;
}

}  // namespace

Result<ListQuery> parse_list_query(const Call& call, const Entity& entity, std::size_t default_limit, ListUse use) {
  ListQuery out = first_page(call, entity, default_limit);
  if (use != ListUse::kPast) TRY(refuse_as_of(call));

  static const Object nothing;
  const Object* params = &call.query;
  std::set<std::string, std::less<>> taken;
  if (const Value* query = params->if_contains("query"); query != nullptr) {
    const auto parsed = query->is_string() ? json::parse(query->get_string(), {.max_bytes = 64 << 10, .max_depth = 8})
                                           : Result<Value>(invalid("query"));
    if (parsed.ok()) {
      if (parsed->is_object()) add_patterns(entity, parsed->get_object(), out.spec.filter, taken);
    } else if (query->is_string() && !query->get_string().empty()) {
      params = &nothing;  // as the original: a malformed query drops every other parameter with it
    }
  }

  if (const auto limit = parse_int(params->if_contains("limit"))) {
    out.spec.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(*limit, 1, kMaxLimit));
    out.limit_echo = std::to_string(out.spec.limit);
  }
  if (const auto page = parse_int(params->if_contains("page"))) {
    out.page = static_cast<std::size_t>(std::clamp<std::int64_t>(*page, 1, 1'000'000'000));
    out.page_echo = std::to_string(out.page);
  }
  out.spec.offset = (out.page - 1) * out.spec.limit;
  out.spec.cursor = json::text_or(*params, "cursor");
  if (const auto order = json::text_or(*params, "orderBy"); !order.empty()) {
    std::string path(order);
    for (const model::Alias& alias : entity.aliases)
      if (path == alias.from && path != "_id") path = alias.to;
    // Clients send names of columns that are no fields ("actions"): those keep the default order.
    if (is_filterable(entity, path)) out.spec.sort = path;
  }
  const auto ascending = parse_int(params->if_contains("ascending"));
  out.spec.descending = !ascending || *ascending == 0;

  TRY(read_new_parameters(call, entity, use, out));
  for (const auto& member : *params) {
    const std::string_view key = member.key();
    if (!is_filterable(entity, key) || taken.contains(key) || member.value().is_object()) continue;
    TRY(add_plain(entity, key, member.value(), out.spec.filter));
  }
  return out;
}

void append_item(Call& call, const Entity& entity, const store::ListItem& item, std::string& body) {
  body.append(item.text, 0, item.text.size() - 1);
  const std::string_view access = model::access_field(entity);
  if (access.empty()) return;
  const auto& listed = model::list_paths(entity);
  if (std::find(listed.begin(), listed.end(), access) == listed.end()) return;
  body += ",\"";
  body += access;
  body += "\":";
  body += call.services.store.documents().access(item.access)->wire;
}

Result<Answer> list_answer(Call& call, const Entity& entity, const ListQuery& query, const store::ListPage& page) {
  const bool is_counted = page.total >= 0;
  const bool is_exact = is_counted && page.exact;
  const auto limit = static_cast<std::int64_t>(query.spec.limit);
  const std::int64_t pages = (page.total + limit - 1) / limit;
  const auto current = static_cast<std::int64_t>(query.page);
  const auto& listed = model::list_paths(entity);
  const bool add_active = query.with_inactive && std::find(listed.begin(), listed.end(), "active") == listed.end();

  const auto number = [&](std::int64_t value) { return is_counted ? std::to_string(value) : std::string("null"); };
  std::string body;
  body.reserve(page.items.size() * 700 + 600);
  body += fmt::format(R"({{"found":{},)", number(page.total));
  if (query.says_count) body += fmt::format(R"("found_exact":{},)", is_exact);
  if (!query.as_of.empty()) body += fmt::format(R"("as_of":"{}",)", query.as_of);
  body += fmt::format(R"("limit":{},"total_pages":{},"current_page":{},"items":[)", json::write(query.limit_echo),
                      number(pages), json::write(query.page_echo));
  bool first = true;
  for (const store::ListItem& item : page.items) {
    if (!first) body += ',';
    first = false;
    if (!query.fields.empty()) {
      TRY_ASSIGN(const std::string sparse, sparse_item(call, entity, item, query.fields));
      body += sparse;
      continue;
    }
    append_item(call, entity, item, body);
    if (!query.columns.empty()) {
      TRY_ASSIGN(const auto document, call.services.store.documents().find(call.context, entity, item.id));
      Object columns;
      for (const std::string& path : query.columns)
        if (const Value* value = document ? json::find(document->body, path) : nullptr) columns[path] = *value;
      body += ",\"columns\":";
      body += json::write(columns);
    }
    if (add_active) body += item.active ? ",\"active\":true" : ",\"active\":false";
    body += '}';
  }
  body += "],\"_links\":{";
  const auto link = [&](const char* name, std::int64_t to) {
    body += fmt::format(R"("{}":{{"href":"/{}/?page={}&limit={}","method":"GET"}})", name, entity.name, to, limit);
  };
  link("_self", current);
  if (current > 1) body += ",", link("prev", current - 1);
  if (is_exact ? current < pages : !page.next.empty()) body += ",", link("next", current + 1);
  if (is_exact && pages > 1) body += ",", link("first", 1), body += ",", link("last", pages);
  const auto cursor = [&](const std::string& text) {
    return text.empty() ? std::string("null") : "\"" + query.since + text + "\"";
  };
  body += fmt::format(R"(}},"cursor":{{"next":{},"prev":{}}}}})", cursor(page.next), cursor(page.previous));
  return Answer{.body = std::move(body)};
}

bool is_beyond(const ListQuery& query, const store::ListPage& page) {
  return page.items.empty() && page.exact && page.total > 0 && query.spec.cursor.empty();
}

Result<Answer> list_entity(Call& call, const Entity& entity, std::size_t default_limit) {
  TRY_ASSIGN(const ListQuery query, parse_list_query(call, entity, default_limit));
  TRY_ASSIGN(const store::ListPage page, call.services.store.documents().list(call.context, query.spec));
  if (is_beyond(query, page)) return not_found("Data not found");
  return list_answer(call, entity, query, page);
}

Result<Answer> autocomplete_entity(Call& call, const Entity& entity) {
  const Value* complete = call.query.if_contains("complete");
  if (complete == nullptr) return inventory::not_there();
  TRY(refuse_as_of(call));
  // Whatever else was sent does not count.
  ListQuery query = first_page(call, entity, 20);
  const std::string text = json::scalar_text(*complete);
  if (!text.empty()) add(query.spec.filter, {.path = "name", .op = Condition::Op::kRegex, .values = {Value(text)}});
  TRY_ASSIGN(const auto page, call.services.store.documents().list(call.context, query.spec));
  return list_answer(call, entity, query, page);
}

Result<Answer> count_entity(Call& call, const Entity& entity) {
  TRY_ASSIGN(const ListQuery query, parse_list_query(call, entity));
  TRY_ASSIGN(const std::int64_t count, call.services.store.documents().count(call.context, query.spec));
  return json_answer(200, json::Object{{"count", count}});
}

}  // namespace maestro::api
