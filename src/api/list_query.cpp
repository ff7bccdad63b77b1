#include "api/list_query.h"

#include <charconv>

#include "api/services.h"
#include "base/text.h"
#include "inventory/inventory.h"
#include "model/validate.h"

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

/// What the original calls filterable: single fields and the dotted names of its lists; here every declared path.
bool is_filterable(const Entity& entity, std::string_view path) {
  if (path == "_id" || path == "updated_at" || path == "created_at") return true;
  if (path == "active") return false;  // lists show what is there; see ?inactive=true
  const model::Field* field = model::find_field(entity, path);
  if (field == nullptr) return false;
  const bool is_top = path.find('.') == std::string_view::npos;
  // Everybody sees every row of an entity without access sets: a filter, sort or column may tell no more than the list.
  if (entity.access == model::Access::kNone && field->show != model::Show::kList) return false;
  return !(is_top && field->show == model::Show::kHidden) && std::string_view(model::access_field(entity)) != path &&
         field->name != std::string_view("password");
}

bool is_relation_id(const Entity& entity, std::string_view path) {
  if (!path.ends_with("._id")) return false;
  const auto head = path.substr(0, path.size() - 4);
  return std::any_of(entity.relations.begin(), entity.relations.end(), [&](const char* name) { return head == name; });
}

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

/// field[op]=value. Operators that start with '$' were database operators: they match nothing.
Result<void> add_operators(std::string_view path, const Object& operators, Filter& filter) {
  for (const auto& member : operators) {
    const std::string_view op = member.key();
    Condition condition{.path = std::string(path), .op = Condition::Op::kNever, .values = {}};
    if (op == "eq" || op == "in") {
      condition.op = Condition::Op::kEq;
      if (member.value().is_array()) {
        for (const Value& one : member.value().get_array()) condition.values.push_back(one);
      } else if (op == "in" && member.value().is_string()) {
        for (const auto part : text::split(member.value().get_string(), ',')) condition.values.emplace_back(part);
      } else {
        condition.values.push_back(member.value());
      }
    } else if (op == "contains" && member.value().is_string()) {
      condition.op = Condition::Op::kContains;
      condition.values.push_back(member.value());
    } else if (!op.starts_with("$")) {
      return model::violation(path, fmt::format("has no filter operator {}", op.substr(0, 40)), "any.operator");
    }
    add(filter, std::move(condition));
  }
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

}  // namespace

Result<ListQuery> parse_list_query(const Call& call, const Entity& entity, std::size_t default_limit) {
  ListQuery out;
  out.spec.entity = &entity;
  out.spec.viewer = inventory::viewer(entity, call.context.actor);
  out.spec.limit = default_limit;
  out.limit_echo = default_limit;
  out.page_echo = 1;

  static const Object nothing;
  const Object* params = &call.query;
  std::set<std::string, std::less<>> taken;
  if (const Value* query = params->if_contains("query"); query != nullptr) {
    const auto parsed = query->is_string() ? json::parse(query->get_string(), {.max_bytes = 64 << 10, .max_depth = 8})
                                           : Result<Value>(invalid("query"));
    if (parsed.ok() && parsed->is_object()) {
      add_patterns(entity, parsed->get_object(), out.spec.filter, taken);
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
  if (json::text_or(*params, "inactive") == "true" && entity.visible_inactive) {
    out.with_inactive = true;
    out.spec.active = std::nullopt;
  }

  const std::string wanted(json::text_or(*params, "columns"));
  for (const auto part : text::split(wanted, ',')) {
    if (part.empty()) continue;
    if (!is_filterable(entity, part))
      return model::violation("columns", fmt::format("has no field {}", part.substr(0, 60)), "any.unknown");
    if (out.columns.size() == kMaxColumns) return model::violation("columns", "names too many fields", "array.max");
    out.columns.emplace_back(part);
  }
  for (const auto& member : *params) {
    const std::string_view key = member.key();
    if (!is_filterable(entity, key) || taken.contains(key)) continue;
    if (member.value().is_object()) {
      TRY(add_operators(key, member.value().get_object(), out.spec.filter));
    } else {
      TRY(add_plain(entity, key, member.value(), out.spec.filter));
    }
  }
  return out;
}

Result<Answer> list_answer(Call& call, const Entity& entity, const ListQuery& query, const store::ListPage& page) {
  const auto found = page.total;
  const auto limit = static_cast<std::int64_t>(query.spec.limit);
  const std::int64_t pages = (found + limit - 1) / limit;
  const auto current = static_cast<std::int64_t>(query.page);
  const std::string_view access = model::access_field(entity);
  const auto& shown = model::list_paths(entity);
  const bool shows_access = !access.empty() && std::find(shown.begin(), shown.end(), access) != shown.end();
  const bool add_active = query.with_inactive && std::find(shown.begin(), shown.end(), "active") == shown.end();

  std::string body;
  body.reserve(page.items.size() * 700 + 600);
  body += fmt::format(R"({{"found":{},"limit":{},"total_pages":{},"current_page":{},"items":[)", found,
                      json::write(query.limit_echo), pages, json::write(query.page_echo));
  bool first = true;
  for (const store::ListItem& item : page.items) {
    if (!first) body += ',';
    first = false;
    body.append(item.text, 0, item.text.size() - 1);
    if (shows_access) {
      body += ",\"";
      body += access;
      body += "\":";
      body += call.services.store.documents().access(item.access)->wire;
    }
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
  const auto link = [&](const char* name, std::int64_t number) {
    body += fmt::format(R"("{}":{{"href":"/{}/?page={}&limit={}","method":"GET"}})", name, entity.name, number, limit);
  };
  link("_self", current);
  if (current > 1) body += ",", link("prev", current - 1);
  if (current < pages) body += ",", link("next", current + 1);
  if (pages > 1) body += ",", link("first", 1), body += ",", link("last", pages);
  const auto cursor = [](const std::string& text) { return text.empty() ? std::string("null") : "\"" + text + "\""; };
  body += fmt::format(R"(}},"cursor":{{"next":{},"prev":{}}}}})", cursor(page.next), cursor(page.previous));
  return Answer{.body = std::move(body)};
}

Result<Answer> list_entity(Call& call, const Entity& entity, std::size_t default_limit) {
  TRY_ASSIGN(const ListQuery query, parse_list_query(call, entity, default_limit));
  TRY_ASSIGN(const store::ListPage page, call.services.store.documents().list(call.context, query.spec));
  if (page.items.empty() && page.total > 0 && query.spec.cursor.empty()) return not_found("Data not found");
  return list_answer(call, entity, query, page);
}

Result<Answer> count_entity(Call& call, const Entity& entity) {
  TRY_ASSIGN(const ListQuery query, parse_list_query(call, entity));
  TRY_ASSIGN(const std::int64_t count, call.services.store.documents().count(call.context, query.spec));
  return json_answer(200, json::Object{{"count", count}});
}

}  // namespace maestro::api
