#include "store/match.h"

#include <re2/re2.h>

#include <cctype>
#include <cstring>

#include "base/ip.h"
#include "base/text.h"

namespace maestro::store {
namespace {

using Op = Condition::Op;

constexpr std::size_t kMaxPattern = 512;
constexpr std::int64_t kMaxRegexMemory = 4 << 20;

std::unique_ptr<RE2> make_regex(const std::string& pattern, bool literal) {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_literal(literal);
  options.set_max_mem(kMaxRegexMemory);
  auto regex = std::make_unique<RE2>(pattern, options);
  return regex->ok() ? std::move(regex) : nullptr;
}

/// Calls `test` with every value that the path reaches: through objects, and through each element of an array on the
/// way or at the end.
template <typename Test>
bool any_at(const json::Value& value, std::string_view path, const Test& test) {
  if (path.empty()) {
    if (test(value)) return true;
    if (const json::Array* array = value.if_array())
      for (const json::Value& element : *array)
        if (test(element)) return true;
    return false;
  }
  if (const json::Object* object = value.if_object()) {
    const auto dot = path.find('.');
    const json::Value* child = object->if_contains(path.substr(0, dot));
    return child != nullptr && any_at(*child, dot == std::string_view::npos ? "" : path.substr(dot + 1), test);
  }
  if (const json::Array* array = value.if_array())
    for (const json::Value& element : *array)
      if (element.is_object() && any_at(element, path, test)) return true;
  return false;
}

/// Below, equal, above; nullopt for values that do not compare.
std::optional<int> order_of(const json::Value& value, const json::Value& wanted) {
  const auto sign = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
  if (value.is_string() && wanted.is_string())
    return sign(std::string_view(value.get_string()), std::string_view(wanted.get_string()));
  if (!value.is_number() || !wanted.is_number()) return std::nullopt;
  if (value.is_int64() && wanted.is_int64()) return sign(value.get_int64(), wanted.get_int64());
  return sign(value.to_number<double>(), wanted.to_number<double>());
}

bool satisfies(Op op, int order) {
  switch (op) {
    case Op::kLess:
      return order < 0;
    case Op::kLessEq:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

class Leaf {
 public:
  explicit Leaf(const Condition& condition) : condition_(condition) {
    const auto& values = condition.values;
    if (values.empty()) return;
    const auto& path = condition.path;
    const bool fixed = path == "_id" || path == "created_at" || path == "updated_at" || path == "active";
    if (fixed && is_comparison(condition.op) && !is_canonical(path, values[0])) condition_.op = Op::kNever;
    switch (condition.op) {
      case Op::kWithin:
        if (values[0].is_string()) network_ = parse_network(std::string_view(values[0].get_string()));
        return;
      case Op::kPair:
        for (const json::Value& value : values) texts_.push_back(json::scalar_text(value));
        return;
      case Op::kRegex:
      case Op::kContains:
      case Op::kStarts:
        break;
      default:
        return;
    }
    folded_ = literal_of(condition);
    if (folded_) return;
    std::string pattern = json::scalar_text(values[0]);
    if (condition.op == Op::kRegex && pattern.size() <= kMaxPattern) regex_ = make_regex(pattern, false);
    if (condition.op == Op::kStarts) {
      prefix_ = text::lower(pattern);
      regex_ = make_regex("\\A(?:" + RE2::QuoteMeta(pattern) + ")", false);
    }
    if (!regex_ && !prefix_) regex_ = make_regex(pattern, true);
    if (!regex_ && !prefix_)
      literal_ = text::lower(pattern);  // not even a literal: broken UTF-8 or too long to compile
  }

  bool matches(const Document& document) const {
    const auto& path = condition_.path;
    if (path == "_id") return decide(json::Value(document.id.hex()));
    if (path == "created_at") return decide(json::Value(to_iso(document.created)));
    if (path == "updated_at") return decide(json::Value(to_iso(document.updated)));
    if (path == "active") return decide(json::Value(document.active));
    return matches_body(document.body);
  }

  bool matches_body(const json::Object& body) const {
    const auto& path = condition_.path;
    if (condition_.op == Op::kNever) return false;
    const auto dot = path.find('.');
    const json::Value* top = body.if_contains(std::string_view(path).substr(0, dot));
    const std::string_view rest =
        dot == std::string::npos ? std::string_view() : std::string_view(path).substr(dot + 1);
    if (condition_.op == Op::kAbsent)
      return top == nullptr || !any_at(*top, rest, [](const json::Value&) { return true; });
    return top != nullptr && any_at(*top, rest, [this](const json::Value& value) { return test(value); });
  }

  void require(std::vector<std::string>& out) const {
    const auto& path = condition_.path;
    if (condition_.op == Op::kAbsent || condition_.op == Op::kNever) return;
    if (path == "_id" || path == "created_at" || path == "updated_at" || path == "active") return;
    out.push_back(json::write(json::Value(path.substr(path.rfind('.') + 1))));
    const auto& values = condition_.values;
    if (condition_.op == Op::kEq && values.size() == 1 && values[0].is_string()) out.push_back(json::write(values[0]));
    if (condition_.op == Op::kPair && !values.empty() && values[0].is_string()) out.push_back(json::write(values[0]));
  }

  bool matches_text(std::string_view text) const {
    switch (condition_.op) {
      case Op::kEq:
        return std::any_of(condition_.values.begin(), condition_.values.end(), [&](const json::Value& value) {
          return value.is_string() && std::string_view(value.get_string()) == text;
        });
      case Op::kRegex:
      case Op::kContains:
      case Op::kStarts:
        if (folded_) return folded_->found_in(text);
        if (regex_) return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
        if (prefix_) return text::lower(text).starts_with(*prefix_);
        return literal_ && text::lower(text).find(*literal_) != std::string::npos;
      case Op::kWithin:
        return within(text);
      default:
        return false;
    }
  }

 private:
  /// For the fixed paths, which always exist.
  bool decide(const json::Value& value) const {
    if (condition_.op == Op::kAbsent || condition_.op == Op::kNever) return false;
    return test(value);
  }

  bool test(const json::Value& value) const {
    if (condition_.op == Op::kEq) {
      return std::any_of(condition_.values.begin(), condition_.values.end(),
                         [&](const json::Value& wanted) { return json::equal(value, wanted); });
    }
    if (is_comparison(condition_.op)) {
      if (condition_.values.empty()) return false;
      const auto order = order_of(value, condition_.values[0]);
      return order && satisfies(condition_.op, *order);
    }
    if (condition_.op == Op::kPair) return pair(value);
    if (value.is_string()) return matches_text(std::string_view(value.get_string()));
    if (value.is_number() || value.is_bool()) return matches_text(json::scalar_text(value));
    return false;
  }

  bool within(std::string_view text) const {
    const auto found = network_ ? parse_network(text) : std::nullopt;
    return found && network_->contains(found->first()) && network_->contains(found->last());
  }

  bool pair(const json::Value& value) const {
    const json::Object* object = value.if_object();
    if (object == nullptr || texts_.empty()) return false;
    const json::Value* key = object->if_contains("key");
    if (key == nullptr || !key->is_string() || std::string_view(key->get_string()) != texts_[0]) return false;
    if (texts_.size() == 1) return true;
    const json::Value* held = object->if_contains("value");
    if (held == nullptr || held->is_null() || held->is_structured()) return false;
    return std::find(texts_.begin() + 1, texts_.end(), json::scalar_text(*held)) != texts_.end();
  }

  Condition condition_;
  std::unique_ptr<RE2> regex_;
  std::optional<std::string> literal_, prefix_;
  std::optional<Literal> folded_;
  std::optional<IpNetwork> network_;
  std::vector<std::string> texts_;  ///< of kPair: the key, then the values
};

class Tree final : public Matcher {
 public:
  explicit Tree(const Filter& filter) : kind_(filter.kind), path_(filter.leaf.path) {
    if (kind_ == Filter::Kind::kLeaf) leaf_.emplace(filter.leaf);
    for (const Filter& child : filter.children) children_.push_back(std::make_unique<Tree>(child));
    if (leaf_) leaf_->require(required_);
    if (kind_ == Filter::Kind::kAll || (kind_ == Filter::Kind::kAny && children_.size() == 1))
      for (const auto& child : children_)
        required_.insert(required_.end(), child->required_.begin(), child->required_.end());
  }

  const std::vector<std::string>& required() const override { return required_; }

  bool matches(const Document& document) const override {
    const auto test = [&](const auto& child) { return child->matches(document); };
    switch (kind_) {
      case Filter::Kind::kAll:
        return std::all_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kAny:
        return std::any_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kNot:
        return std::none_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kLeaf:
        return leaf_->matches(document);
      case Filter::Kind::kElement:
        return any_element(document);
    }
    return false;
  }

  bool matches_text(std::string_view text) const override { return leaf_ && leaf_->matches_text(text); }

 private:
  bool any_element(const Document& document) const {
    const auto dot = path_.find('.');
    const json::Value* top = document.body.if_contains(std::string_view(path_).substr(0, dot));
    const auto rest = dot == std::string::npos ? std::string_view() : std::string_view(path_).substr(dot + 1);
    return top != nullptr && any_at(*top, rest, [this](const json::Value& value) {
             const json::Object* object = value.if_object();
             return object != nullptr && std::all_of(children_.begin(), children_.end(), [&](const auto& child) {
                      return child->matches_element(*object);
                    });
           });
  }

  /// As matches(), without the paths that only documents have.
  bool matches_element(const json::Object& element) const {
    const auto test = [&](const auto& child) { return child->matches_element(element); };
    switch (kind_) {
      case Filter::Kind::kAll:
        return std::all_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kAny:
        return std::any_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kNot:
        return std::none_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kLeaf:
        return leaf_->matches_body(element);
      case Filter::Kind::kElement:
        break;  // not nested
    }
    return false;
  }

  Filter::Kind kind_;
  std::string path_;  ///< of kElement
  std::optional<Leaf> leaf_;
  std::vector<std::unique_ptr<Tree>> children_;
  std::vector<std::string> required_;
};

}  // namespace

bool Literal::found_in(std::string_view text) const {
  if (text.size() < needle.size()) return false;
  const auto folded = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  // A wildcard may take a character of several bytes, never less than one.
  const auto matches_at = [&](std::size_t at) {
    for (const char wanted : needle) {
      if (at >= text.size()) return false;
      if (wanted != '\0') {
        if (folded(text[at++]) != wanted) return false;
        continue;
      }
      if (text[at] == '\n') return false;
      for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;) ++at;
    }
    return true;
  };
  const std::size_t last = at_start ? 0 : text.size() - needle.size();
  for (std::size_t at = 0; at <= last; ++at)
    if (folded(text[at]) == needle[0] && matches_at(at)) return true;
  return false;
}

std::string_view Literal::longest_run() const {
  std::string_view best, rest = needle;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    if (end >= best.size()) best = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return best;
}

bool Matcher::may_match(std::string_view body) const {
  return std::all_of(required().begin(), required().end(), [&](const std::string& bytes) {
    return ::memmem(body.data(), body.size(), bytes.data(), bytes.size()) != nullptr;
  });
}

std::optional<Literal> literal_of(const Condition& condition) {
  if (condition.values.empty()) return std::nullopt;
  const std::string text = json::scalar_text(condition.values[0]);
  Literal out;
  if (condition.op == Op::kContains || condition.op == Op::kStarts) {
    out.needle = text;
    out.at_start = condition.op == Op::kStarts;
  } else if (condition.op == Op::kRegex && text.size() <= kMaxPattern) {
    std::string_view rest = text;
    if (rest.starts_with('^')) {
      out.at_start = true;
      rest.remove_prefix(1);
    }
    constexpr std::string_view kRepeats = "*+?{";
    constexpr std::string_view kMeta = ".+*?()[]{}|^$\\";
    for (std::size_t i = 0; i < rest.size(); ++i) {
      char c = rest[i];
      if (c == '\\' && i + 1 < rest.size() && std::ispunct(static_cast<unsigned char>(rest[i + 1])) != 0)
        c = rest[++i];
      else if (c == '.' && i > 0 && (i + 1 == rest.size() || kRepeats.find(rest[i + 1]) == std::string_view::npos))
        c = '\0';
      else if (kMeta.find(c) != std::string_view::npos)
        return std::nullopt;
      out.needle += c;
    }
  }
  const bool plain = std::all_of(out.needle.begin(), out.needle.end(), [](char c) { return c >= 0; });
  // A text with a zero character is looked for by the pattern's own rules.
  if (out.needle.empty() || !plain || text.find('\0') != std::string::npos) return std::nullopt;
  out.needle = text::lower(out.needle);
  return out;
}

bool is_canonical(std::string_view path, const json::Value& value) {
  if (!value.is_string()) return false;
  const std::string_view text(value.get_string());
  if (path == "_id") {
    const auto id = ObjectId::parse(text);
    return id && id->hex() == text;
  }
  const auto time = parse_iso(text);
  return path != "active" && time && to_iso(*time) == text;
}

bool is_pattern(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return false;
  const auto regex = make_regex(std::string(pattern), false);
  return regex != nullptr;
}

std::shared_ptr<const Matcher> Matcher::compile(const Filter& filter) { return std::make_shared<Tree>(filter); }

}  // namespace maestro::store
