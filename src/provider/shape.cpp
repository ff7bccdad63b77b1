// The only unit that includes pugixml. It expands no external entities and reads no DTD.
#include "provider/shape.h"

#include <fmt/format.h>

#include <charconv>
#include <pugixml.hpp>

#include "base/text.h"
#include "base/time.h"

namespace maestro::provider {

namespace {

using json::Array;
using json::Object;
using json::Value;

// A node costs some hundred bytes: a 64 MB answer made of empty elements alone must not become gigabytes.
constexpr std::ptrdiff_t kMaxElements = 2'000'000;

Value typed(Shape::Kind kind, std::string_view word) {
  switch (kind) {
    case Shape::Kind::kInt: {
      std::int64_t out = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
      if (error == std::errc() && end == word.data() + word.size() && !word.empty()) return out;
      break;
    }
    case Shape::Kind::kDecimal: {
      double out = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
      if (error == std::errc() && end == word.data() + word.size() && !word.empty() && out - out == 0) return out;
      break;
    }
    case Shape::Kind::kBool:
      if (text::iequals(word, "true") || word == "1") return true;
      if (text::iequals(word, "false") || word == "0") return false;
      if (word.empty()) return false;
      break;
    case Shape::Kind::kTime:
      if (const auto time = parse_iso(word)) return Value(to_iso(*time));
      break;
  }
  return Value(word);  // what the provider said is worth more than nothing
}

class Shaper {
 public:
  explicit Shaper(const Shape& shape) : shape_(shape) {
    for (const auto& [from, to] : shape.rename)
      if (const auto slash = from.find('/'); slash != std::string::npos) special_.insert(from.substr(0, slash));
  }

  Result<Value> element(const pugi::xml_node& node, std::string_view name, std::size_t depth) const {
    if (depth > kMaxAnswerDepth) return invalid("is nested too deeply");
    bool has_children = false;
    bool only_items = true;
    for (const pugi::xml_node child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      has_children = true;
      const std::string_view child_name = local_name(child);
      if (child_name != "item" && child_name != "member") only_items = false;
    }
    if (!has_children) {
      const std::string_view word = node.child_value();
      if (shape_.lists.contains(name) && text::trim(word).empty()) return Value(Array());
      const auto type = shape_.types.find(name);
      return type == shape_.types.end() ? Value(word) : typed(type->second, text::trim(word));
    }
    if (only_items) {
      Array list;
      for (const pugi::xml_node child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        TRY_ASSIGN(Value value, element(child, name, depth + 1));
        list.push_back(std::move(value));
      }
      return Value(std::move(list));
    }
    Object object;
    for (const pugi::xml_node child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      const std::string_view child_name = local_name(child);
      if (shape_.drop.contains(child_name)) continue;
      TRY_ASSIGN(Value value, element(child, child_name, depth + 1));
      const std::string key = renamed(name, child_name);
      if (Value* present = object.if_contains(key)) {  // repeated siblings are a flattened list
        if (!present->is_array()) *present = Array{std::move(*present)};
        present->get_array().push_back(std::move(value));
      } else {
        object[key] = std::move(value);
      }
    }
    return Value(std::move(object));
  }

  /// `in` is consumed.
  Value reshape(Value in, std::string_view name) const {
    if (Array* list = in.if_array()) {
      for (Value& one : *list) one = reshape(std::move(one), name);
      return in;
    }
    if (const auto type = shape_.types.find(name); type != shape_.types.end() && in.is_string()) {
      return typed(type->second, in.get_string());
    }
    Object* object = in.if_object();
    if (object == nullptr || shape_.raw.contains(name)) return in;
    Object out;
    for (auto& member : *object) {
      if (shape_.drop.contains(member.key())) continue;
      out.insert_or_assign(renamed(name, member.key()), reshape(std::move(member.value()), member.key()));
    }
    return Value(std::move(out));
  }

 private:
  static std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
  }

  std::string renamed(std::string_view parent, std::string_view name) const {
    auto found = shape_.rename.end();
    if (special_.contains(parent)) found = shape_.rename.find(fmt::format("{}/{}", parent, name));
    if (found == shape_.rename.end()) found = shape_.rename.find(name);
    if (found != shape_.rename.end()) return found->second;
    std::string out(name);
    if (shape_.capitalize && !out.empty() && out[0] >= 'a' && out[0] <= 'z')
      out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
  }

  const Shape& shape_;
  std::set<std::string, std::less<>> special_;  ///< parents that rename their own members otherwise than others do
};

Result<Value> read_xml_as(const Shape& shape, std::string_view body) {
  if (body.size() > kMaxAnswerBytes) return invalid("The answer is too large");
  if (!text::is_utf8(body)) return invalid("The answer is no UTF-8 text");
  if (std::count(body.begin(), body.end(), '<') > kMaxElements) return invalid("The answer has too many elements");
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed)
    return invalid(fmt::format("The answer is no well-formed XML (byte {}: {})", parsed.offset, parsed.description()));
  const pugi::xml_node root = document.document_element();
  if (!root) return invalid("The answer is empty");
  auto value = Shaper(shape).element(root, {}, 0);
  if (!value) return invalid("The answer " + value.error().message);
  return value;
}

}  // namespace

Result<Value> read_xml(std::string_view body) {
  static const Shape plain;
  return read_xml_as(plain, body);
}

Result<Value> read_answer(const Shape& shape, std::string_view body) {
  if (shape.wire == Shape::Wire::kXml) return read_xml_as(shape, body);
  auto value = json::parse(body, {.max_bytes = kMaxAnswerBytes, .max_depth = kMaxAnswerDepth});
  if (!value) return invalid("The answer is no well-formed JSON: " + value.error().message);
  return Shaper(shape).reshape(std::move(*value), {});
}

}  // namespace maestro::provider
