#include "model/validate.h"

#include <charconv>
#include <cmath>

#include "base/id.h"
#include "base/ip.h"
#include "base/text.h"

namespace maestro::model {
namespace {

using json::Array;
using json::Object;
using json::Value;

/// Collects violations; stops at the first one unless told to go on.
class Checker {
 public:
  explicit Checker(bool all) : all_(all) {}

  bool done() const { return !all_ && !details_.empty(); }
  bool clean() const { return details_.empty(); }
  Error error() && {
    return {.code = Code::kInvalid, .message = first_, .details_json = json::write(Value(std::move(details_)))};
  }

  void fail(const char* type, const std::string& tail, Object context = {}) {
    const Value label = path_.empty() ? Value("value") : path_.back();
    const std::string name = label.is_string() ? std::string(label.get_string()) : json::scalar_text(label);
    context["key"] = label;
    context["label"] = name;
    std::string message = "\"" + name + "\" " + tail;
    if (details_.empty()) first_ = message;
    details_.emplace_back(
        Object{{"message", std::move(message)}, {"path", path_}, {"type", type}, {"context", std::move(context)}});
  }

  // Checks one present value and converts it in place.
  void check(const Field& field, Type type, Value& value) {
    switch (type) {
      case Type::kAny:
        return;
      case Type::kString:
      case Type::kIp:
      case Type::kEmail:
      case Type::kUri:
      case Type::kObjectId:
        return check_text(field, type, value);
      case Type::kNumber:
        return check_number(field, value);
      case Type::kBoolean:
        return check_boolean(value);
      case Type::kStringOrNumber:
        return check_string_or_number(value);
      case Type::kArray:
        return check_array(field, value);
      case Type::kObject:
        return check_object(field.members, field.open, value);
    }
  }

  void check_members(std::span<const Field> fields, Object& object, bool strict, bool defaults) {
    for (const Field& field : fields) {
      if (done()) return;
      Value* value = object.if_contains(field.name);
      if (value == nullptr) {
        if (field.need == Need::kAlways || (field.need == Need::kOnCreate && defaults)) {
          Step step(*this, field.name);
          fail("any.required", "is required");
        } else if (field.fallback[0] != '\0' && defaults) {
          object[field.name] = json::parse_trusted(field.fallback);
        }
        continue;
      }
      Step step(*this, field.name);
      check(field, field.type, *value);
    }
    if (strict && !done()) refuse_unknown(fields, object);
  }

  void refuse_unknown(std::span<const Field> fields, const Object& object) {
    for (const auto& member : object) {
      if (done()) return;
      const bool known =
          std::any_of(fields.begin(), fields.end(), [&](const Field& field) { return member.key() == field.name; });
      if (known) continue;
      refuse(member.key(), member.value());
    }
  }

  void refuse(std::string_view key, const Value& value) {
    Step step(*this, key);
    fail("object.allowUnknown", "is not allowed", {{"child", key}, {"value", value}});
  }

  /// Keeps the path while one key or index is looked at.
  class Step {
   public:
    Step(Checker& checker, Value key) : checker_(checker) { checker_.path_.push_back(std::move(key)); }
    Step(Checker& checker, std::string_view key) : Step(checker, Value(key)) {}
    Step(Checker& checker, const char* key) : Step(checker, Value(key)) {}
    ~Step() { checker_.path_.pop_back(); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Checker& checker_;
  };

 private:
  void check_text(const Field& field, Type type, Value& value) {
    if (!value.is_string()) return fail("string.base", "must be a string", {{"value", value}});
    const std::string_view chars(value.get_string());
    if (chars.empty()) return fail_empty(value);
    if (!field.one_of.empty()) return check_word(field, value);
    const auto length = static_cast<std::int64_t>(text::utf16_length(chars));
    if (field.min_length > 0 && length < field.min_length) {
      return fail("string.min", fmt::format("length must be at least {} characters long", field.min_length),
                  {{"limit", field.min_length}, {"value", value}});
    }
    if (field.max_length > 0 && length > field.max_length) {
      return fail("string.max",
                  fmt::format("length must be less than or equal to {} characters long", field.max_length),
                  {{"limit", field.max_length}, {"value", value}});
    }
    if (type == Type::kEmail && !is_email(chars))
      return fail("string.email", "must be a valid email", {{"value", value}});
    if (type == Type::kIp && !is_ip(chars)) {
      return fail("string.ip", "must be a valid ip address with a optional CIDR",
                  {{"value", value}, {"cidr", "optional"}});
    }
    if (type == Type::kUri && !is_http_uri(chars)) {
      return fail("string.uriCustomScheme", "must be a valid uri with a scheme matching the http|https pattern",
                  {{"scheme", "http|https"}, {"value", value}});
    }
    if (type == Type::kObjectId) {
      const auto id = ObjectId::parse(chars);
      if (!id) return fail("string.regex.base", "must be an id of 24 hex digits", {{"value", value}});
      value = id->hex();
    }
  }

  void fail_empty(const Value& value) {
    fail("any.empty", "is not allowed to be empty", {{"value", value}, {"invalids", Array{""}}});
  }

  /// A text, or a number as it is written, that must be one of the field's words.
  void check_word(const Field& field, const Value& value) {
    const std::string sent = json::scalar_text(value);
    if (std::any_of(field.one_of.begin(), field.one_of.end(), [&](const char* word) { return sent == word; })) return;
    const std::vector<std::string> words(field.one_of.begin(), field.one_of.end());
    Array valids;
    for (const std::string& word : words) valids.push_back(value.is_number() ? json::parse_trusted(word) : Value(word));
    fail("any.allowOnly", "must be one of [" + text::join(words, ", ") + "]", {{"value", value}, {"valids", valids}});
  }

  void check_number(const Field& field, Value& value) {
    if (value.is_string()) {
      auto chars = text::trim(std::string_view(value.get_string()));
      if (chars.starts_with('+')) chars.remove_prefix(1);
      double number = 0;
      const auto [end, error] = std::from_chars(chars.data(), chars.data() + chars.size(), number);
      if (!chars.empty() && error == std::errc() && end == chars.data() + chars.size() && std::isfinite(number)) {
        if (number == std::floor(number) && std::abs(number) < 9e15) {
          value = static_cast<std::int64_t>(number);
        } else {
          value = number;
        }
      }
    }
    if (!value.is_number()) return fail("number.base", "must be a number", {{"value", value}});
    if (!field.one_of.empty()) return check_word(field, value);
    const double number = value.to_number<double>();
    if (field.positive && number <= 0) return fail("number.positive", "must be a positive number", {{"value", value}});
    if (field.has_min && number < field.min) {
      return fail("number.min", fmt::format("must be larger than or equal to {}", field.min),
                  {{"limit", field.min}, {"value", value}});
    }
    if (field.max != 0 && number > field.max) {
      return fail("number.max", fmt::format("must be less than or equal to {}", field.max),
                  {{"limit", field.max}, {"value", value}});
    }
  }

  void check_boolean(Value& value) {
    if (value.is_string() && text::iequals(value.get_string(), "true")) value = true;
    if (value.is_string() && text::iequals(value.get_string(), "false")) value = false;
    if (!value.is_bool()) fail("boolean.base", "must be a boolean", {{"value", value}});
  }

  void check_string_or_number(Value& value) {
    if (value.is_number() || (value.is_string() && !value.get_string().empty())) return;
    // Both alternatives tell what they miss.
    if (value.is_string()) {
      fail_empty(value);
    } else {
      fail("string.base", "must be a string", {{"value", value}});
    }
    fail("number.base", "must be a number", {{"value", value}});
  }

  void check_array(const Field& field, Value& value) {
    if (!value.is_array()) return fail("array.base", "must be an array");
    Array& array = value.get_array();
    Field element = field;
    element.one_of = {};
    for (std::size_t i = 0; i < array.size() && !done(); ++i) {
      Step step(*this, Value(static_cast<std::int64_t>(i)));
      check(element, field.of, array[i]);
    }
    if (!done()) check_unique(field, array);
  }

  void check_unique(const Field& field, const Array& array) {
    const std::string_view by = field.unique_by;
    if (!field.unique && by.empty()) return;
    const auto part = [&](const Value& element) -> const Value* {
      if (by.empty()) return &element;
      return element.is_object() ? element.get_object().if_contains(by) : nullptr;
    };
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const Value* key = part(array[i]);
      const auto [first, is_new] = seen.emplace(key == nullptr ? std::string() : json::canonical(*key), i);
      if (is_new) continue;
      // The original names the array as label and the index as key.
      const std::string label = path_.empty() ? "value" : json::scalar_text(path_.back());
      Object context{{"pos", i}, {"value", array[i]}, {"dupePos", first->second}, {"dupeValue", array[first->second]}};
      if (!by.empty()) context["path"] = by;
      context["key"] = static_cast<std::int64_t>(i);
      context["label"] = label;
      Array path = path_;
      path.emplace_back(static_cast<std::int64_t>(i));
      std::string message = fmt::format("\"{}\" position {} contains a duplicate value", label, i);
      if (details_.empty()) first_ = message;
      details_.emplace_back(Object{{"message", std::move(message)},
                                   {"path", std::move(path)},
                                   {"type", "array.unique"},
                                   {"context", std::move(context)}});
      return;
    }
  }

  void check_object(std::span<const Field> members, bool open, Value& value) {
    if (!value.is_object()) return fail("object.base", "must be an object", {{"value", value}});
    // An open object is free-form: its declared members are documentation, not rules.
    if (!open) check_members(members, value.get_object(), true, true);
  }

  bool all_;
  Array path_;
  Array details_;
  std::string first_;
};

/// A free-form object ("datacenters", "link") has no rule for its id: as every id, it is stored in lower case.
void lower_relation_ids(const Entity& entity, Object& body) {
  const auto lower = [](Value& value) {
    Value* id = value.is_object() ? value.get_object().if_contains("_id") : nullptr;
    if (id == nullptr || !id->is_string()) return;
    if (const auto parsed = ObjectId::parse(id->get_string())) *id = parsed->hex();
  };
  for (const char* relation : entity.relations) {
    Value* value = body.if_contains(relation);
    if (value == nullptr) continue;
    if (Array* list = value->if_array()) {
      for (Value& element : *list) lower(element);
    } else {
      lower(*value);
    }
  }
}

bool is_server_kept(const Field& field) {
  return field.origin == Origin::kServer && field.written != Written::kRefused;
}

}  // namespace

Result<Object> validate(const Entity& entity, const Object& body, const Options& options) {
  Checker checker(options.all);
  Object out;
  for (const Field& field : entity.fields) {
    const Value* sent = body.if_contains(field.name);
    if (sent == nullptr || field.written == Written::kDropped || is_server_kept(field)) continue;
    if (field.written == Written::kOnce && options.mode != Mode::kCreate) continue;
    out[field.name] = *sent;
  }
  lower_relation_ids(entity, out);
  const auto unchanged = [&](const Field& field, const Value& value) {
    const Value* stored = options.stored == nullptr ? nullptr : options.stored->if_contains(field.name);
    return stored != nullptr && json::equal(*stored, value);
  };
  for (const Field& field : entity.fields) {
    if (checker.done()) break;
    if (field.written == Written::kDropped || is_server_kept(field) || field.written == Written::kRefused) continue;
    Value* value = out.if_contains(field.name);
    if (value == nullptr) {
      const bool required =
          field.need == Need::kAlways || (field.need == Need::kOnCreate && options.mode == Mode::kCreate);
      if (required && field.fallback[0] == '\0') {
        Checker::Step step(checker, field.name);
        checker.fail("any.required", "is required");
      } else if (field.fallback[0] != '\0' && options.mode != Mode::kPatch) {
        out[field.name] = json::parse_trusted(field.fallback);
      } else if (required && options.stored != nullptr && options.stored->contains(field.name)) {
        continue;  // a required field with a default keeps its stored value
      }
      continue;
    }
    if (unchanged(field, *value)) continue;
    Checker::Step step(checker, field.name);
    checker.check(field, field.type, *value);
  }
  for (const Field& field : entity.fields) {
    if (checker.done()) break;
    if (field.written != Written::kRefused) continue;
    const Value* value = out.if_contains(field.name);
    if (value != nullptr && !unchanged(field, *value)) checker.refuse(field.name, *value);
  }
  if (!checker.clean()) return std::move(checker).error();
  return out;
}

Result<Object> validate_fields(std::span<const Field> fields, const Object& body, bool strict, bool all) {
  Checker checker(all);
  Object out = body;
  checker.check_members(fields, out, strict, true);
  if (!checker.clean()) return std::move(checker).error();
  if (!strict) {
    Object reduced;
    for (const Field& field : fields)
      if (const Value* value = out.if_contains(field.name)) reduced[field.name] = *value;
    return reduced;
  }
  return out;
}

Error violation(std::string_view field, std::string_view message_tail, std::string_view type) {
  Checker checker(false);
  std::optional<Checker::Step> step;
  if (!field.empty()) step.emplace(checker, field);
  checker.fail(std::string(type).c_str(), std::string(message_tail));
  return std::move(checker).error();
}

std::string bad_relation_id(const Entity& entity, const Object& body) {
  const auto bad = [](const Value& value) -> std::string {
    if (!value.is_object()) return {};
    const Value* id = value.get_object().if_contains("_id");
    if (id == nullptr || (id->is_string() && ObjectId::parse(id->get_string()))) return {};
    const std::string text = json::scalar_text(*id);
    return text.empty() ? "null" : text;
  };
  for (const char* relation : entity.relations) {
    const Value* value = body.if_contains(relation);
    if (value == nullptr) continue;
    if (value->is_array()) {
      for (const auto& element : value->get_array())
        if (std::string text = bad(element); !text.empty()) return text;
    } else if (std::string text = bad(*value); !text.empty()) {
      return text;
    }
  }
  return {};
}

bool is_email(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > 254) return false;
  if (text.find('@') != at) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == ',' || c == ';' || c == '<' || c == '>' || c == '"')
      return false;
  const auto host = text.substr(at + 1);
  return host.front() != '.' && host.back() != '.' && host.find("..") == std::string_view::npos;
}

bool is_ip(std::string_view text) { return !text.starts_with('[') && parse_network(text).has_value(); }

bool is_http_uri(std::string_view text) {
  const std::string head = text::lower(text.substr(0, 8));
  std::string_view rest;
  if (head.starts_with("https://")) {
    rest = text.substr(8);
  } else if (head.starts_with("http://")) {
    rest = text.substr(7);
  } else {
    return false;
  }
  if (rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#') return false;
  return std::all_of(rest.begin(), rest.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '<' && c != '>' && c != '"'; });
}

}  // namespace maestro::model
