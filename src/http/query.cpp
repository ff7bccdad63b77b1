#include "http/query.h"

#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <unordered_map>
#include <variant>

#include "base/text.h"
#include "base/utf8.h"

// The behaviour of the JavaScript library `qs` 6 with its defaults, step by step, because clients rely on its odd
// corners.
namespace maestro::http {

namespace json = boost::json;

namespace {

struct Bounds {
  std::size_t depth;
  std::size_t index;  ///< the last one of an array
};
constexpr Bounds kOfQuery{.depth = 5, .index = 20};
constexpr std::size_t kFormDepth = 30;
constexpr std::size_t kFormIndex = 100;

bool has_broken_escape(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return true;
  }
  return false;
}

/// As decodeURIComponent with a net: a text with one broken escape, or whose bytes are no UTF-8, stays encoded as a
/// whole.
std::string decode(std::string_view text) {
  if (text.find_first_of("%+") == std::string_view::npos) return text::to_utf8(std::string(text));
  if (!has_broken_escape(text)) {
    std::string decoded = text::percent_decode(text, true);
    if (text::is_utf8(decoded)) return decoded;
  }
  std::string raw(text);
  std::replace(raw.begin(), raw.end(), '+', ' ');
  return text::to_utf8(std::move(raw));
}

/// Calls visit(part) for each of the first `limit` parts between '&'; empty parts count, as in JavaScript's split.
template <typename Visit>
void each_part(std::string_view encoded, std::size_t limit, Visit visit) {
  if (encoded.empty()) return;
  for (std::size_t i = 0; i < limit; ++i) {
    const auto end = encoded.find('&');
    visit(encoded.substr(0, end));
    if (end == std::string_view::npos) return;
    encoded.remove_prefix(end + 1);
  }
}

struct Node;
using NodePtr = std::unique_ptr<Node>;  // null = a hole of a sparse array
using List = std::vector<NodePtr>;

/// Members in insertion order, with an index: a hostile query has a thousand of them.
struct Members {
  std::vector<std::pair<std::string, NodePtr>> items;
  std::unordered_map<std::string, std::size_t> places;

  NodePtr& at(const std::string& key) {
    const auto [place, fresh] = places.try_emplace(key, items.size());
    if (fresh) items.emplace_back(key, nullptr);
    return items[place->second].second;
  }
};

struct Node {
  std::variant<std::string, bool, List, Members> value;
};

template <typename T>
NodePtr node(T value) {
  return std::make_unique<Node>(Node{std::move(value)});
}

bool is_scalar(const Node& n) { return n.value.index() <= 1; }
bool is_empty_text(const Node& n) {
  const auto* text = std::get_if<std::string>(&n.value);
  return text != nullptr && text->empty();
}

/// [].concat(target, source)
NodePtr concat(NodePtr target, NodePtr source) {
  List list;
  for (NodePtr* side : {&target, &source}) {
    if (auto* items = std::get_if<List>(&(*side)->value)) {
      for (auto& item : *items) list.push_back(std::move(item));
    } else {
      list.push_back(std::move(*side));
    }
  }
  return node(std::move(list));
}

Members to_members(List list) {
  Members members;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i]) members.at(std::to_string(i)) = std::move(list[i]);
  }
  return members;
}

NodePtr merge(NodePtr target, NodePtr source) {
  if (is_empty_text(*source)) return target;
  auto* list = std::get_if<List>(&target->value);
  auto* members = std::get_if<Members>(&target->value);
  if (is_scalar(*source)) {
    if (list != nullptr) {
      list->push_back(std::move(source));
    } else if (members != nullptr) {
      // a[b]=1&a=c gives {b: '1', c: true}
      const auto* word = std::get_if<std::string>(&source->value);
      members->at(word != nullptr ? *word : "true") = node(true);
    } else {
      return concat(std::move(target), std::move(source));
    }
    return target;
  }
  if (is_scalar(*target)) return concat(std::move(target), std::move(source));

  auto* source_list = std::get_if<List>(&source->value);
  if (list != nullptr && source_list != nullptr) {
    for (std::size_t i = 0; i < source_list->size(); ++i) {
      NodePtr& item = (*source_list)[i];
      if (!item) continue;
      if (i >= list->size() || !(*list)[i]) {
        if (i >= list->size()) list->resize(i + 1);
        (*list)[i] = std::move(item);
      } else if (!is_scalar(*(*list)[i]) && !is_scalar(*item)) {
        (*list)[i] = merge(std::move((*list)[i]), std::move(item));
      } else {
        list->push_back(std::move(item));
      }
    }
    return target;
  }
  if (list != nullptr) target = node(to_members(std::move(*list)));
  auto& into = std::get<Members>(target->value);
  Members from =
      source_list != nullptr ? to_members(std::move(*source_list)) : std::move(std::get<Members>(source->value));
  for (auto& [key, value] : from.items) {
    NodePtr& slot = into.at(key);
    slot = slot ? merge(std::move(slot), std::move(value)) : std::move(value);
  }
  return target;
}

/// The index that `digits` spells canonically, when an array may have it.
std::optional<std::size_t> array_index(std::string_view digits, std::size_t last) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size() || index > last) return std::nullopt;
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return index;
}

/// "a[b][]" -> "a", "[b]", "[]"; what is deeper stays one literal key in brackets.
std::vector<std::string> segments_of(const std::string& key, std::size_t max_depth) {
  std::vector<std::string> segments;
  // The next "[...]" without a bracket inside.
  const auto next = [&key](std::size_t from) -> std::pair<std::size_t, std::size_t> {
    for (std::size_t open = key.find('[', from); open != std::string::npos; open = key.find('[', open + 1)) {
      const std::size_t close = key.find_first_of("[]", open + 1);
      if (close == std::string::npos) break;
      if (key[close] == ']') return {open, close + 1};
    }
    return {std::string::npos, 0};
  };
  auto found = next(0);
  if (found.first == std::string::npos) return {key};
  if (found.first > 0) segments.push_back(key.substr(0, found.first));
  for (std::size_t depth = 0; found.first != std::string::npos; ++depth) {
    if (depth == max_depth) {
      segments.push_back("[" + key.substr(found.first) + "]");
      break;
    }
    segments.push_back(key.substr(found.first, found.second - found.first));
    found = next(found.second);
  }
  return segments;
}

NodePtr nest(const std::vector<std::string>& segments, NodePtr leaf, std::size_t last_index) {
  for (std::size_t i = segments.size(); i-- > 0;) {
    const std::string& segment = segments[i];
    if (segment == "[]") {
      if (!std::holds_alternative<List>(leaf->value)) {
        List list;
        list.push_back(std::move(leaf));
        leaf = node(std::move(list));
      }
      continue;
    }
    const bool bracketed = segment.size() >= 2 && segment.front() == '[' && segment.back() == ']';
    const std::string name = bracketed ? segment.substr(1, segment.size() - 2) : segment;
    const auto index = bracketed ? array_index(name, last_index) : std::nullopt;
    if (index) {
      List list(*index + 1);
      list[*index] = std::move(leaf);
      leaf = node(std::move(list));
    } else {
      Members members;
      members.at(name) = std::move(leaf);
      leaf = node(std::move(members));
    }
  }
  return leaf;
}

json::value to_json(Node& n) {
  if (auto* text = std::get_if<std::string>(&n.value)) return json::value(*text);
  if (const auto* flag = std::get_if<bool>(&n.value)) return json::value(*flag);
  if (auto* list = std::get_if<List>(&n.value)) {
    json::array out;
    for (auto& item : *list) {
      if (item) out.push_back(to_json(*item));
    }
    return out;
  }
  json::object out;
  for (auto& [key, value] : std::get<Members>(n.value).items) out[key] = to_json(*value);
  return out;
}

json::object parse_bounded(std::string_view encoded, Bounds bounds) {
  // First by literal key, in order of first appearance: repeats become lists.
  Members flat;
  each_part(encoded, kMaxPairs, [&flat](std::string_view part) {
    const auto bracket = part.find("]=");
    const auto mark = bracket == std::string_view::npos ? part.find('=') : bracket + 1;
    std::string key = decode(part.substr(0, mark));
    if (key.empty()) return;
    NodePtr value = node(mark == std::string_view::npos ? std::string() : decode(part.substr(mark + 1)));
    NodePtr& slot = flat.at(key);
    slot = slot ? concat(std::move(slot), std::move(value)) : std::move(value);
  });
  NodePtr root = node(Members());
  for (auto& [key, value] : flat.items)
    root = merge(std::move(root), nest(segments_of(key, bounds.depth), std::move(value), bounds.index));
  return std::move(to_json(*root).as_object());
}

}  // namespace

std::size_t count_pairs(std::string_view encoded) {
  return encoded.empty() ? 0 : static_cast<std::size_t>(std::count(encoded.begin(), encoded.end(), '&')) + 1;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(std::string_view encoded, std::size_t max_pairs) {
  std::vector<std::pair<std::string, std::string>> pairs;
  each_part(encoded, max_pairs, [&pairs](std::string_view part) {
    if (part.empty()) return;
    const auto mark = part.find('=');
    pairs.emplace_back(decode(part.substr(0, mark)),
                       mark == std::string_view::npos ? std::string() : decode(part.substr(mark + 1)));
  });
  return pairs;
}

json::object parse_nested(std::string_view encoded) { return parse_bounded(encoded, kOfQuery); }

json::object parse_form(std::string_view encoded) {
  return parse_bounded(encoded, {.depth = kFormDepth, .index = std::max(kFormIndex, count_pairs(encoded))});
}

}  // namespace maestro::http
