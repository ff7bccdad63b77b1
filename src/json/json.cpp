#include "json/json.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace maestro::json {
namespace {

// 1e999 is grammatical but no number that can be kept: written again it would be null.
bool is_finite(const Value& value) {
  if (value.is_double()) return std::isfinite(value.get_double());
  if (value.is_array()) return std::all_of(value.get_array().begin(), value.get_array().end(), is_finite);
  if (value.is_object()) {
    return std::all_of(value.get_object().begin(), value.get_object().end(),
                       [](const auto& member) { return is_finite(member.value()); });
  }
  return true;
}

bool is_empty_object(const Value& value) { return value.is_object() && value.get_object().empty(); }

// Boost.JSON writes every real number with an exponent (5E-1); people read these texts too.
void append_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  out.append(buffer, end);
  // A whole real number keeps its point, so that it is read back as the same kind.
  if (std::string_view(buffer, static_cast<std::size_t>(end - buffer)).find_first_of(".e") == std::string_view::npos)
    out += ".0";
}

void append_text(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, start, text.size() - start);
  out += '"';
}

void append_value(const Value& value, std::string& out);

void append_object(const Object& object, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    append_text(member.key(), out);
    out += ':';
    append_value(member.value(), out);
  }
  out += '}';
}

void append_value(const Value& value, std::string& out) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      break;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case boost::json::kind::int64:
      out += fmt::format_int(value.get_int64()).c_str();
      break;
    case boost::json::kind::uint64:
      out += fmt::format_int(value.get_uint64()).c_str();
      break;
    case boost::json::kind::double_:
      append_number(value.get_double(), out);
      break;
    case boost::json::kind::string:
      append_text(value.get_string(), out);
      break;
    case boost::json::kind::object:
      append_object(value.get_object(), out);
      break;
    case boost::json::kind::array: {
      out += '[';
      bool first = true;
      for (const auto& element : value.get_array()) {
        if (!first) out += ',';
        first = false;
        append_value(element, out);
      }
      out += ']';
      break;
    }
  }
}

void append_canonical(const Value& value, std::string& out) {
  if (value.is_object()) {
    std::vector<const Object::value_type*> members;
    for (const auto& member : value.get_object()) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    bool first = true;
    for (const auto* member : members) {
      if (!first) out += ',';
      first = false;
      append_text(member->key(), out);
      out += ':';
      append_canonical(member->value(), out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const auto& element : value.get_array()) {
      if (!first) out += ',';
      first = false;
      append_canonical(element, out);
    }
    out += ']';
  } else {
    append_value(value, out);
  }
}

void project_into(const Value& from, std::string_view path, Value& to) {
  if (from.is_array()) {
    if (!to.is_array()) to.emplace_array().resize(from.get_array().size(), Object{});
    for (std::size_t i = 0; i < from.get_array().size(); ++i)
      project_into(from.get_array()[i], path, to.get_array()[i]);
    return;
  }
  if (!from.is_object()) return;
  if (!to.is_object()) to.emplace_object();
  const auto dot = path.find('.');
  const auto head = path.substr(0, dot);
  const Value* child = from.get_object().if_contains(head);
  if (child == nullptr) return;
  if (dot == std::string_view::npos) {
    to.get_object()[head] = *child;
  } else {
    Value& slot = to.get_object()[head];
    project_into(*child, path.substr(dot + 1), slot);
    if (slot.is_null()) to.get_object().erase(head);
  }
}

void diff_into(const std::string& prefix, const Object& before, const Object& after, int depth,
               std::vector<Difference>& out) {
  const auto visit = [&](std::string_view key, const Value* a, const Value* b) {
    const std::string path = prefix.empty() ? std::string(key) : prefix + "." + std::string(key);
    if (a != nullptr && b != nullptr) {
      if (equal(*a, *b)) return;
      if (depth > 1 && a->is_object() && b->is_object()) {
        diff_into(path, a->get_object(), b->get_object(), depth - 1, out);
        return;
      }
    }
    out.push_back({path, a, b});
  };
  for (const auto& member : before) visit(member.key(), &member.value(), after.if_contains(member.key()));
  for (const auto& member : after)
    if (!before.contains(member.key())) visit(member.key(), nullptr, &member.value());
}

}  // namespace

Result<Value> parse(std::string_view text, Limits limits) {
  if (text.size() > limits.max_bytes)
    return invalid(fmt::format("JSON text is larger than {} bytes", limits.max_bytes));
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::stream_parser parser({}, options);
  boost::system::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) {
    const auto rest = text::trim(text.substr(used));
    if (!rest.empty()) error = boost::json::error::extra_data;
  }
  if (!error) parser.finish(error);
  if (error) return invalid(fmt::format("Malformed JSON at byte {}: {}", used, error.message()));
  Value value = parser.release();
  if (!is_finite(value)) return invalid("Malformed JSON: a number is too large");
  return value;
}

Value parse_trusted(std::string_view text) {
  // Boost.JSON's own limit is 32: an imported document may be deeper. Its parser calls itself once a level.
  boost::json::parse_options options;
  options.max_depth = kTrustedDepth;
  return boost::json::parse(text, {}, options);
}

std::string write(const Value& value) {
  std::string out;
  append_value(value, out);
  return out;
}

std::string write(const Object& value) {
  std::string out;
  append_object(value, out);
  return out;
}

std::string canonical(const Value& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

const Value* find(const Object& object, std::string_view path) {
  const Object* current = &object;
  for (;;) {
    const auto dot = path.find('.');
    const Value* value = current->if_contains(path.substr(0, dot));
    if (value == nullptr || dot == std::string_view::npos) return value;
    current = value->if_object();
    if (current == nullptr) return nullptr;
    path.remove_prefix(dot + 1);
  }
}

const Value* find(const Value& value, std::string_view path) {
  const Object* object = value.if_object();
  return object == nullptr ? nullptr : find(*object, path);
}

void set(Object& object, std::string_view path, Value value) {
  Object* current = &object;
  for (;;) {
    const auto dot = path.find('.');
    if (dot == std::string_view::npos) {
      current->insert_or_assign(path, std::move(value));
      return;
    }
    Value& slot = (*current)[path.substr(0, dot)];
    if (!slot.is_object()) slot.emplace_object();
    current = &slot.get_object();
    path.remove_prefix(dot + 1);
  }
}

bool erase(Object& object, std::string_view path) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) return object.erase(path) > 0;
  Value* child = object.if_contains(path.substr(0, dot));
  if (child == nullptr || !child->is_object()) return false;
  const bool erased = erase(child->get_object(), path.substr(dot + 1));
  if (erased && is_empty_object(*child)) object.erase(path.substr(0, dot));
  return erased;
}

Object project(const Object& object, const std::vector<std::string_view>& paths) {
  Object out;
  for (const auto path : paths) {
    const auto dot = path.find('.');
    const auto head = path.substr(0, dot);
    const Value* value = object.if_contains(head);
    if (value == nullptr) continue;
    if (dot == std::string_view::npos) {
      out[head] = *value;
      continue;
    }
    Value& slot = out[head];
    project_into(*value, path.substr(dot + 1), slot);
    if (slot.is_null()) out.erase(head);
  }
  return out;
}

std::string_view text_or(const Object& object, std::string_view key, std::string_view fallback) {
  const Value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : fallback;
}

std::int64_t int_or(const Object& object, std::string_view key, std::int64_t fallback) {
  const Value* value = object.if_contains(key);
  if (value == nullptr) return fallback;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) return static_cast<std::int64_t>(value->get_uint64());
  if (value->is_double() && std::isfinite(value->get_double())) return static_cast<std::int64_t>(value->get_double());
  return fallback;
}

bool bool_or(const Object& object, std::string_view key, bool fallback) {
  const Value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::string scalar_text(const Value& value) {
  switch (value.kind()) {
    case boost::json::kind::string:
      return std::string(value.get_string());
    case boost::json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case boost::json::kind::int64:
      return std::to_string(value.get_int64());
    case boost::json::kind::uint64:
      return std::to_string(value.get_uint64());
    case boost::json::kind::double_:
      return fmt::format("{}", value.get_double());
    default:
      return {};
  }
}

std::string text_at(const Object& object, std::string_view path) {
  const Value* value = find(object, path);
  return value == nullptr ? std::string() : scalar_text(*value);
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (!a.is_double() && !b.is_double()) return a == b;
    return a.to_number<double>() == b.to_number<double>();
  }
  if (a.kind() != b.kind()) return false;
  if (a.is_object()) {
    const auto& left = a.get_object();
    const auto& right = b.get_object();
    if (left.size() != right.size()) return false;
    return std::all_of(left.begin(), left.end(), [&](const auto& member) {
      const Value* other = right.if_contains(member.key());
      return other != nullptr && equal(member.value(), *other);
    });
  }
  if (a.is_array()) {
    const auto& left = a.get_array();
    const auto& right = b.get_array();
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), equal);
  }
  return a == b;
}

std::vector<Difference> diff(const Object& before, const Object& after, int depth) {
  std::vector<Difference> out;
  diff_into("", before, after, depth, out);
  return out;
}

}  // namespace maestro::json
