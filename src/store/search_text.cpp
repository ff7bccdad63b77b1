#include "store/search_text.h"

#include <algorithm>

#include "base/text.h"
#include "store/projection.h"

namespace maestro::store {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxLine = 300;
constexpr std::size_t kMaxAddresses = 64;
constexpr int kMaxDepth = 8;

class Builder {
 public:
  explicit Builder(SearchText& out) : out_(out) {}

  void line(std::string_view text) {
    text = text::trim(text);
    if (text.empty() || text.size() > kMaxLine || out_.text.size() + text.size() > kMaxText) return;
    std::string lower = text::lower(text);
    std::replace(lower.begin(), lower.end(), '\n', ' ');
    std::replace(lower.begin(), lower.end(), '\0', ' ');
    if (!seen_.insert(lower).second) return;
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
  static bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

  static bool is_mac(std::string_view text) {
    if (text.size() != 17) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !is_hex(text[i])) return false;
    return true;
  }

  void address(std::string_view text) {
    if (text.size() < 2 || text.size() > 60 || !(is_hex(text[0]) || text[0] == ':')) return;
    if (is_mac(text)) return line(text);
    if (text.find_first_of(".:") == std::string_view::npos) return;
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
  std::set<std::string> seen_;
};

bool everybody_sees(const model::Entity& entity) { return entity.access == model::Access::kNone; }

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
  for (const Column& column : columns(entity)) {
    if (!is_searched(entity, column.path)) continue;
    const ColumnValue value = column_value(document, column);
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
      const auto at = line.find(word);
      if (at != std::string_view::npos) {
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
