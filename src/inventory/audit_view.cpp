#include "inventory/audit_view.h"

#include "base/text.h"

namespace maestro::inventory {
namespace {

using json::Array;
using json::Object;
using json::Value;

bool is_container(const Value& value) { return value.is_object() || value.is_array(); }

/// An array as an object keyed by index, an object as it is.
Object members(const Value& value) {
  if (value.is_object()) return value.get_object();
  Object out;
  std::size_t index = 0;
  for (const Value& one : value.get_array()) out[std::to_string(index++)] = one;
  return out;
}

Value difference(const Value& old, const Value& now) {
  if (!is_container(old) || !is_container(now) || old.is_array() != now.is_array()) return now;
  const Object before = members(old), after = members(now);
  Object out;
  for (const auto& member : before)
    if (!after.contains(member.key())) out[member.key()] = nullptr;
  for (const auto& member : after) {
    const Value* known = before.if_contains(member.key());
    if (known == nullptr)
      out[member.key()] = member.value();
    else if (!json::equal(*known, member.value()))
      out[member.key()] = difference(*known, member.value());
  }
  return out;
}

void place(Object& body, std::string_view path, Value value) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) {
    body[path] = std::move(value);
    return;
  }
  Value& inner = body[path.substr(0, dot)];
  if (!inner.is_object()) inner = Object();
  place(inner.get_object(), path.substr(dot + 1), std::move(value));
}

}  // namespace

json::Object audit_body(const store::HistoryRow& row) {
  if (row.verb == "delete") return {{"removed", true}};
  Object body;
  const Value changes = json::parse_trusted(row.changes);
  for (const Value& change : changes.get_array()) {
    const Object& one = change.get_object();
    const Value* old = one.if_contains("old");
    const Value* now = one.if_contains("new");
    Value value = now == nullptr ? Value(nullptr) : old == nullptr ? *now : difference(*old, *now);
    place(body, json::text_or(one, "path"), std::move(value));
  }
  return body;
}

std::string audit_id(std::int64_t row) { return fmt::format("{:024x}", row); }

}  // namespace maestro::inventory
