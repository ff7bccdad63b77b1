#include "gateway/item.h"

#include "gateway/excerpt.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr std::string_view kProtected[] = {"_id",  "roles",  "members",    "owner",      "owner_user",
                                           "conn", "active", "created_at", "updated_at", "password"};
constexpr std::string_view kNoise[] = {"tracker", "crawling", "run_immediately", "total_run_count", "process"};

struct Kept {
  std::string_view collection;
  std::vector<std::string_view> fields;
};
const std::vector<Kept>& kept_by_services() {
  static const std::vector<Kept> all = {
      {"schedulers", {"crawling", "run_immediately", "total_run_count", "msg", "enabled", "last_run_at"}},
      {"reports", {"status", "msg", "columns", "aggr"}},
      {"graphs", {"status", "msg", "info", "isystems", "iclients", "ifamilies", "iservers", "clients"}},
      {"datacenters", {"tracker"}},
      {"connections", {"process"}},
  };
  return all;
}

std::string_view top_of(std::string_view path) { return path.substr(0, path.find('.')); }

Result<Principal> read_principal(const Object& object, const char* where) {
  const auto id = ObjectId::parse(json::text_or(object, "_id"));
  if (!id) return invalid(fmt::format("{}: _id is missing or no id", where));
  return Principal{holder_kind(json::text_or(object, "refs", "users")), *id};
}

Result<void> read_roles(const Value& value, Item& item) {
  if (!value.is_array()) return invalid("roles must be a list");
  for (const Value& each : value.get_array()) {
    if (!each.is_object()) return invalid("roles must be a list of objects");
    Object wire = each.get_object();
    TRY_ASSIGN(const Principal principal, read_principal(wire, "roles"));
    const auto role = json::int_or(wire, "role", store::kRead);
    if (role < 0 || role > store::kAdmin) return invalid("roles: role must be from 0 to 7");
    wire["_id"] = principal.id.hex();
    item.roles.push_back({.principal = principal, .role = static_cast<int>(role), .wire = std::move(wire)});
  }
  return {};
}

Result<Object> read_operator(std::string_view name, const Value& value) {
  if (!value.is_object()) return invalid(excerpt(name) + " must be an object");
  for (const auto& member : value.get_object()) {
    const std::string_view path = member.key();
    if (path.empty() || path.find('\0') != std::string_view::npos || path.find('$') != std::string_view::npos)
      return invalid(excerpt(name) + ": " + excerpt(path) + " is no path");
    if (is_protected(path)) return invalid(excerpt(name) + ": " + excerpt(path) + " cannot be set here");
  }
  return value.get_object();
}

Result<void> read_member(std::string_view name, const Value& value, Item& item) {
  if (name == "_id") {
    if (value.is_null()) return {};
    item.id = value.is_string() ? ObjectId::parse(value.get_string()) : std::nullopt;
    return item.id ? Result<void>() : Result<void>(invalid("_id: " + excerpt(json::scalar_text(value)) + " is no id"));
  }
  if (value.is_null() || name == "updated_at") return {};
  if (name == "roles" || name == "members") return read_roles(value, item);
  if (name == "owner") {
    if (!value.is_object()) return invalid("owner must be an object");
    TRY_ASSIGN(item.owner, read_principal(value.get_object(), "owner"));
    for (const char* shown : {"name", "email"})
      if (const Value* text = value.get_object().if_contains(shown); text != nullptr && text->is_string())
        item.owner_shown[shown] = *text;
    return {};
  }
  if (name == "active") {
    if (!value.is_bool()) return invalid("active must be a boolean");
    item.active = value.get_bool();
    return {};
  }
  if (name == "created_at") {
    item.created = value.is_string() ? parse_iso(value.get_string()) : std::nullopt;
    return item.created ? Result<void>()
                        : Result<void>(invalid("created_at: " + excerpt(json::scalar_text(value)) + " is no date"));
  }
  // Documents come back as they were read; the envelope of a connection with them.
  if (name == "owner_user" || name == "conn") return {};
  if (is_protected(name)) return invalid(excerpt(name) + " cannot be set here");
  if (name.empty() || name.find('\0') != std::string_view::npos || name.find('.') != std::string_view::npos)
    return invalid(excerpt(name) + " is no name of a field");
  item.fields[name] = value;
  return {};
}

}  // namespace

bool is_protected(std::string_view path) {
  return std::find(std::begin(kProtected), std::end(kProtected), top_of(path)) != std::end(kProtected);
}

Array without_noise(const Array& changes) {
  Array out;
  for (const Value& change : changes) {
    const std::string_view top = top_of(json::text_or(change.get_object(), "path"));
    if (std::find(std::begin(kNoise), std::end(kNoise), top) == std::end(kNoise)) out.push_back(change);
  }
  return out;
}

Result<Item> read_item(const Value& sent, const model::Entity&) {
  if (!sent.is_object()) return invalid("must be an object");
  Item item;
  for (const auto& member : sent.get_object()) {
    const std::string_view name = member.key();
    if (!name.starts_with('$')) {
      TRY(read_member(name, member.value(), item));
      continue;
    }
    Object* into = name == "$unset"      ? &item.unset
                   : name == "$addToSet" ? &item.add
                   : name == "$inc"      ? &item.increase
                   : name == "$set"      ? &item.set
                                         : nullptr;
    if (into == nullptr) return invalid("Operator " + excerpt(name) + " is not supported");
    TRY_ASSIGN(*into, read_operator(name, member.value()));
  }
  if (const Value* unique = item.fields.if_contains("unique_id"); unique != nullptr && !unique->is_structured())
    item.unique_id = json::scalar_text(*unique);
  if (const Value* accountant = item.fields.if_contains("accountant"); accountant != nullptr && accountant->is_array())
    for (const Value& one : accountant->get_array())
      if (one.is_string()) item.connection = ObjectId::parse(one.get_string()).value_or(item.connection);
  return item;
}

bool is_bookkeeping(const Item& item, const model::Entity& entity) {
  const auto& all = kept_by_services();
  const auto kept =
      std::find_if(all.begin(), all.end(), [&](const Kept& one) { return one.collection == entity.collection; });
  if (kept == all.end() || item.active) return false;
  const auto known = [&](const Object& object) {
    return std::all_of(object.begin(), object.end(), [&](const auto& member) {
      const auto top = top_of(member.key());
      return std::find(kept->fields.begin(), kept->fields.end(), top) != kept->fields.end();
    });
  };
  return known(item.fields) && known(item.set) && known(item.unset) && known(item.add) && known(item.increase);
}

Result<void> apply_operators(const Item& item, Object& body) {
  for (const auto& member : item.set) json::set(body, member.key(), member.value());
  for (const auto& member : item.unset) json::erase(body, member.key());
  for (const auto& member : item.increase) {
    if (!member.value().is_number()) return invalid("$inc: " + excerpt(member.key()) + " must be a number");
    const Value* known = json::find(body, member.key());
    if (known != nullptr && !known->is_number()) return invalid("$inc: " + excerpt(member.key()) + " holds no number");
    const bool whole = member.value().is_int64() && (known == nullptr || known->is_int64());
    std::int64_t total = 0;
    if (whole && __builtin_add_overflow(member.value().get_int64(), known == nullptr ? 0 : known->get_int64(), &total))
      return invalid("$inc: " + excerpt(member.key()) + " would be too large");
    const Value sum =
        whole ? Value(total)
              : Value(member.value().to_number<double>() + (known == nullptr ? 0.0 : known->to_number<double>()));
    json::set(body, member.key(), sum);
  }
  for (const auto& member : item.add) {
    const Value* known = json::find(body, member.key());
    if (known != nullptr && !known->is_array())
      return invalid("$addToSet: " + excerpt(member.key()) + " holds no list");
    Array list = known == nullptr ? Array() : known->get_array();
    const Object* object = member.value().if_object();
    const Value* each = object == nullptr ? nullptr : object->if_contains("$each");
    const Array added = each != nullptr && each->is_array() ? each->get_array() : Array{member.value()};
    for (const Value& one : added)
      if (std::none_of(list.begin(), list.end(), [&](const Value& old) { return json::equal(old, one); }))
        list.push_back(one);
    json::set(body, member.key(), std::move(list));
  }
  return {};
}

}  // namespace maestro::gateway
