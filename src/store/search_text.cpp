#include "store/search_text.h"

#include <algorithm>

#include "base/text.h"
#include "store/projection.h"

namespace maestro::store {
namespace {

constexpr std::size_t kMaxText = 16'384;
constexpr std::size_t kMaxLine = 300;
constexpr std::size_t kMaxAddresses = 512;
constexpr int kMaxDepth = 8;

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !is_hex(text[i])) return false;
  return true;
}

/// Spares most texts the parser.
bool may_be_network(std::string_view text) {
  return text.size() >= 2 && text.size() <= 60 && (is_hex(text[0]) || text[0] == ':') &&
         text.find_first_of(".:") != std::string_view::npos;
}

class Builder {
 public:
  explicit Builder(SearchText& out) : out_(out) {}

  void line(std::string_view text) {
    text = text::trim(text);
    if (text.empty() || text.size() > kMaxLine || out_.text.size() + text.size() > kMaxText) return;
    std::string lower = text::lower(text);
    std::replace(lower.begin(), lower.end(), '\n', ' ');
    std::replace(lower.begin(), lower.end(), '\0', ' ');
    if (is_line(lower)) return;
    if (!out_.text.empty()) out_.text += '\n';
    out_.text += lower;
  }

  /// Addresses and MACs wherever they stand.
  void look_at(const json::Value& value, int depth) {
    if (depth > kMaxDepth) return;
    if (const json::Object* object = value.if_object()) {
      for (const auto& member : *object) look_at(member.value(), depth + 1);
    } else if (const json::Array* array = value.if_array()) {
      for (const json::Value& element : *array) look_at(element, depth + 1);
    } else if (const json::String* text = value.if_string()) {
      address(std::string_view(*text));
    }
  }

 private:
  bool is_line(std::string_view wanted) const {
    const std::string_view text = out_.text;
    for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      if ((at == 0 || text[at - 1] == '\n') && (end == text.size() || text[end] == '\n')) return true;
    }
    return false;
  }

  void address(std::string_view text) {
    if (is_mac(text)) return line(text);
    if (!may_be_network(text)) return;
    const auto network = parse_network(text);
    if (!network) return;
    line(text);
    if (out_.addresses.size() >= kMaxAddresses) return;
    const auto known = [&](const IpNetwork& each) {
      return each.address == network->address && each.prefix == network->prefix;
    };
    if (std::none_of(out_.addresses.begin(), out_.addresses.end(), known)) out_.addresses.push_back(*network);
  }

  SearchText& out_;
};

bool everybody_sees(const model::Entity& entity) { return entity.access == model::Access::kNone; }

/// What of one kind is searched.
struct Searched {
  std::vector<const Column*> columns;
  std::vector<std::string_view> members;  ///< of the body, whose texts are lines whatever they say
};

const Searched& searched_of(const model::Entity& entity) {
  static const auto all = [] {
    std::map<const model::Entity*, Searched> out;
    for (const model::Entity* each : model::entities()) {
      Searched& searched = out[each];
      searched.members = {"name", "tags"};
      for (const Column& column : columns(*each)) {
        if (!is_searched(*each, column.path)) continue;
        searched.columns.push_back(&column);
        searched.members.push_back(std::string_view(column.path).substr(0, column.path.find('.')));
      }
    }
    return out;
  }();
  return all.at(&entity);
}

bool holds_address(const json::Value& value) {
  if (const json::Object* object = value.if_object())
    return std::any_of(object->begin(), object->end(),
                       [](const auto& member) { return holds_address(member.value()); });
  if (const json::Array* array = value.if_array()) return std::any_of(array->begin(), array->end(), holds_address);
  const json::String* text = value.if_string();
  return text != nullptr && (is_mac(*text) || (may_be_network(*text) && parse_network(*text)));
}

/// Equal, members in the same order: the lines of a search text stand in the order of the body.
bool identical(const json::Value& a, const json::Value& b) {
  if (const json::Object* left = a.if_object(), *right = b.if_object(); left != nullptr && right != nullptr) {
    return std::equal(left->begin(), left->end(), right->begin(), right->end(), [](const auto& one, const auto& other) {
      return one.key() == other.key() && identical(one.value(), other.value());
    });
  }
  if (const json::Array* left = a.if_array(), *right = b.if_array(); left != nullptr && right != nullptr)
    return std::equal(left->begin(), left->end(), right->begin(), right->end(), identical);
  return a == b;
}

}  // namespace

bool is_searched(const model::Entity& entity, std::string_view path) {
  const Column* column = find_column(entity, path);
  if (column == nullptr || column->kind != Column::Kind::kText || column->index != model::Index::kText) return false;
  const model::Field* field = model::find_field(entity, path);
  return !everybody_sees(entity) || (field != nullptr && field->show == model::Show::kList);
}

SearchText search_text(const Document& document) {
  SearchText out;
  Builder builder(out);
  const model::Entity& entity = *document.entity;
  builder.line(json::text_or(document.body, "name"));
  for (const Column* column : searched_of(entity).columns) {
    const ColumnValue value = column_value(document, *column);
    if (const auto* text = std::get_if<std::string>(&value)) builder.line(*text);
  }
  if (everybody_sees(entity)) return out;
  if (const json::Value* tags = document.body.if_contains("tags"); tags != nullptr && tags->is_array()) {
    for (const json::Value& tag : tags->get_array()) {
      const json::Object* pair = tag.if_object();
      if (pair == nullptr) continue;
      const json::Value* value = pair->if_contains("value");
      builder.line(fmt::format("{}={}", json::text_or(*pair, "key"),
                               value == nullptr || value->is_structured() ? "" : json::scalar_text(*value)));
    }
  }
  for (const auto& member : document.body) builder.look_at(member.value(), 0);
  return out;
}

bool may_search_differ(const Document& before, const Document& after) {
  const auto& lines = searched_of(*after.entity).members;
  const auto matters = [&](const json::Object::value_type& member) {
    return std::find(lines.begin(), lines.end(), std::string_view(member.key())) != lines.end() ||
           holds_address(member.value());
  };
  auto old = before.body.begin();
  auto now = after.body.begin();
  for (; old != before.body.end() && now != after.body.end(); ++old, ++now) {
    if (old->key() != now->key()) return true;
    if (!identical(old->value(), now->value()) && (matters(*old) || matters(*now))) return true;
  }
  return std::any_of(old, before.body.end(), matters) || std::any_of(now, after.body.end(), matters);
}

std::string search_signature(const model::Entity& entity) {
  std::string out = "1;";
  for (const Column& column : columns(entity))
    if (is_searched(entity, column.path)) out += column.path + ";";
  return out;
}

int rank(std::string_view text, const std::vector<std::string>& words, std::string_view& match) {
  int total = 0;
  bool first_word = true;
  for (const std::string& word : words) {
    int best = 0;
    bool is_name = true;
    for (const std::string_view line : text::split(text, '\n')) {
      for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
        const bool bounded = at > 0 && std::isalnum(static_cast<unsigned char>(line[at - 1])) == 0;
        const int here = (line.size() == word.size() ? 40 : at == 0 ? 30 : bounded ? 20 : 10) + (is_name ? 5 : 0);
        if (here > best) {
          best = here;
          if (first_word) match = line;
        }
      }
      is_name = false;
    }
    if (best == 0) return 0;
    total += best;
    first_word = false;
  }
  return total;
}

}  // namespace maestro::store
