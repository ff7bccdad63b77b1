#include "store/projection.h"

#include <charconv>
#include <cmath>

namespace maestro::store {
namespace {

using Columns = std::map<const model::Entity*, std::vector<Column>>;

Columns derive_columns() {
  Columns out;
  for (const model::Entity* entity : model::entities()) {
    std::vector<Column>& columns = out[entity];
    for (const model::FlatField& flat : model::flatten(*entity)) {
      if (flat.field->index == model::Index::kNone || flat.path == "created_at" || flat.path == "updated_at") continue;
      std::string name = flat.path;
      std::replace(name.begin(), name.end(), '.', '_');
      const auto kind = flat.field->type == model::Type::kNumber ? Column::Kind::kNumber : Column::Kind::kText;
      columns.push_back({std::move(name), flat.path, kind, flat.field->index, flat.field->exclusive});
    }
  }
  return out;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// An entry of an index has to fit a third of a page, with the other columns in it; and some engines take no zero
/// character.
constexpr std::size_t kMaxColumnText = 400;
bool is_column_text(std::string_view text) {
  return text.size() <= kMaxColumnText && text.find('\0') == std::string_view::npos;
}

/// What the list shows of one top-level field.
struct Part {
  enum class Kind { kId, kCreated, kUpdated, kActive, kWhole, kSome } kind = Kind::kWhole;
  std::string key;  ///< as JSON text with the colon: "\"name\":"
  std::string name;
  std::vector<std::string> some;  ///< dotted paths, for kSome
};

std::vector<Part> derive_parts(const model::Entity& entity) {
  std::vector<Part> parts;
  for (const std::string& path : model::list_paths(entity)) {
    if (path == model::access_field(entity)) continue;
    const std::string head = path.substr(0, path.find('.'));
    const auto known = std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.name == head; });
    if (known != parts.end()) {
      known->some.push_back(path);
      continue;
    }
    Part part;
    part.name = head;
    part.key = json::write(json::Value(head)) + ":";
    if (path == "_id")
      part.kind = Part::Kind::kId;
    else if (path == "created_at")
      part.kind = Part::Kind::kCreated;
    else if (path == "updated_at")
      part.kind = Part::Kind::kUpdated;
    else if (path == "active")
      part.kind = Part::Kind::kActive;
    else if (path != head)
      part.kind = Part::Kind::kSome;
    part.some.push_back(path);
    parts.push_back(std::move(part));
  }
  return parts;
}

const std::vector<Part>& parts_of(const model::Entity& entity) {
  static const auto all = [] {
    std::map<const model::Entity*, std::vector<Part>> out;
    for (const model::Entity* each : model::entities()) out[each] = derive_parts(*each);
    return out;
  }();
  return all.at(&entity);
}

std::string self_href(std::string_view collection, std::string_view id) {
  return fmt::format("/{}/{}", collection, id);
}

json::Object self_link(std::string_view collection, std::string_view id) {
  return {{"_self", json::Object{{"href", self_href(collection, id)}, {"method", "GET"}}}};
}

}  // namespace

const std::vector<Column>& columns(const model::Entity& entity) {
  static const Columns all = derive_columns();
  return all.at(&entity);
}

const Column* find_column(const model::Entity& entity, std::string_view path) {
  for (const Column& column : columns(entity))
    if (column.path == path) return &column;
  return nullptr;
}

ColumnValue column_value(const Document& document, const Column& column) {
  const json::Value* value = json::find(document.body, column.path);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  if (column.kind == Column::Kind::kText) {
    std::string text = json::scalar_text(*value);
    return is_column_text(text) ? ColumnValue(std::move(text)) : ColumnValue();
  }
  if (column.kind == Column::Kind::kTime) {
    if (const json::String* text = value->if_string()) {
      const auto time = parse_iso(std::string_view(*text));
      return time ? ColumnValue(to_ms(*time)) : ColumnValue();
    }
    return value->is_int64() ? ColumnValue(value->get_int64()) : ColumnValue();
  }
  if (value->is_number()) {
    const double number = value->to_number<double>();
    return std::isfinite(number) ? ColumnValue(number) : ColumnValue();
  }
  if (const json::String* text = value->if_string()) {
    if (const auto number = number_of(std::string_view(*text))) return *number;
  }
  return {};
}

Fit column_fit(const Document& document, const Column& column) {
  const json::Object* object = &document.body;
  std::string_view path = column.path;
  const json::Value* value = nullptr;
  for (;;) {
    const auto dot = path.find('.');
    value = object->if_contains(path.substr(0, dot));
    if (value == nullptr) return Fit::kExact;
    if (dot == std::string_view::npos) break;
    if (value->is_array()) return Fit::kNot;
    object = value->if_object();
    if (object == nullptr) return Fit::kExact;  // a scalar on the way: the path does not exist
    path.remove_prefix(dot + 1);
  }
  if (value->is_null() || value->is_structured()) return Fit::kNot;
  switch (column.kind) {
    case Column::Kind::kText:
      if (value->is_string() && !is_column_text(std::string_view(value->get_string()))) return Fit::kNot;
      return value->is_string() ? Fit::kExact : Fit::kOtherType;
    case Column::Kind::kNumber:
      if (!value->is_number()) return Fit::kOtherType;
      return fmt::format("{}", value->to_number<double>()) == json::scalar_text(*value) ? Fit::kExact : Fit::kOtherType;
    case Column::Kind::kTime:
      return Fit::kOtherType;
  }
  return Fit::kNot;
}

std::string list_text(const Document& document) {
  const std::string id = document.id.hex();
  std::string out;
  out.reserve(1024);
  out += '{';
  const auto key = [&](const Part& part) -> std::string& {
    if (out.size() > 1) out += ',';
    return out += part.key;
  };
  const auto quoted = [](std::string_view plain) { return fmt::format("\"{}\"", plain); };
  for (const Part& part : parts_of(*document.entity)) {
    switch (part.kind) {
      case Part::Kind::kId:
        key(part) += quoted(id);
        break;
      case Part::Kind::kCreated:
        key(part) += quoted(to_iso(document.created));
        break;
      case Part::Kind::kUpdated:
        key(part) += quoted(to_iso(document.updated));
        break;
      case Part::Kind::kActive:
        key(part) += document.active ? "true" : "false";
        break;
      case Part::Kind::kWhole:
        if (const json::Value* value = document.body.if_contains(part.name)) key(part) += json::write(*value);
        break;
      case Part::Kind::kSome: {
        if (!document.body.contains(part.name)) break;
        const json::Object some = json::project(document.body, {part.some.begin(), part.some.end()});
        if (const json::Value* value = some.if_contains(part.name)) key(part) += json::write(*value);
        break;
      }
    }
  }
  if (out.size() > 1) out += ',';
  out += "\"_links\":{\"_self\":{\"href\":";
  out += quoted(self_href(document.entity->name, id));
  out += ",\"method\":\"GET\"}}}";
  return out;
}

json::Object single_object(const Document& document, const AccessSet& access, bool links, bool role_links) {
  const std::string id = document.id.hex();
  json::Object out;
  out["_id"] = id;
  std::vector<std::string_view> inside;  // members of fields that are not shown whole
  for (const std::string& path : model::single_paths(*document.entity)) {
    if (path == "_id") continue;
    if (path == "created_at")
      out[path] = to_iso(document.created);
    else if (path == "updated_at")
      out[path] = to_iso(document.updated);
    else if (path == "active")
      out[path] = document.active;
    else if (path == model::access_field(*document.entity)) {
      json::Array roles;
      for (const RoleEntry& entry : access.entries) {
        json::Object role = entry.wire;
        if (role_links) role["_links"] = self_link(json::text_or(role, "refs"), json::text_or(role, "_id"));
        roles.push_back(std::move(role));
      }
      out[path] = std::move(roles);
    } else if (path.find('.') != std::string::npos) {
      inside.push_back(path);
    } else if (const json::Value* value = document.body.if_contains(path)) {
      out[path] = *value;
    }
  }
  for (const auto& member : json::project(document.body, inside)) out[member.key()] = member.value();
  if (links) out["_links"] = self_link(document.entity->name, id);
  return out;
}

}  // namespace maestro::store
