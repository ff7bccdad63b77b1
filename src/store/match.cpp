#include "store/match.h"

#include <re2/re2.h>

#include "base/text.h"

namespace maestro::store {
namespace {

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

class Leaf {
 public:
  explicit Leaf(const Condition& condition) : condition_(condition) {
    if (condition.op != Condition::Op::kRegex && condition.op != Condition::Op::kContains) return;
    if (condition.values.empty()) return;
    const std::string pattern = json::scalar_text(condition.values[0]);
    if (condition.op == Condition::Op::kRegex && pattern.size() <= kMaxPattern) regex_ = make_regex(pattern, false);
    if (!regex_) regex_ = make_regex(pattern, true);
    if (!regex_) literal_ = text::lower(pattern);  // not even a literal: broken UTF-8 or too long to compile
  }

  bool matches(const Document& document) const {
    const auto& path = condition_.path;
    if (path == "_id") return decide(json::Value(document.id.hex()));
    if (path == "created_at") return decide(json::Value(to_iso(document.created)));
    if (path == "updated_at") return decide(json::Value(to_iso(document.updated)));
    if (path == "active") return decide(json::Value(document.active));
    if (condition_.op == Condition::Op::kNever) return false;
    const auto dot = path.find('.');
    const json::Value* top = document.body.if_contains(std::string_view(path).substr(0, dot));
    const std::string_view rest =
        dot == std::string::npos ? std::string_view() : std::string_view(path).substr(dot + 1);
    if (condition_.op == Condition::Op::kAbsent)
      return top == nullptr || !any_at(*top, rest, [](const json::Value&) { return true; });
    return top != nullptr && any_at(*top, rest, [this](const json::Value& value) { return test(value); });
  }

  bool matches_text(std::string_view text) const {
    switch (condition_.op) {
      case Condition::Op::kEq:
        return std::any_of(condition_.values.begin(), condition_.values.end(), [&](const json::Value& value) {
          return value.is_string() && std::string_view(value.get_string()) == text;
        });
      case Condition::Op::kRegex:
      case Condition::Op::kContains:
        if (regex_) return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
        return literal_ && text::lower(text).find(*literal_) != std::string::npos;
      default:
        return false;
    }
  }

 private:
  /// For the fixed paths, which always exist.
  bool decide(const json::Value& value) const {
    if (condition_.op == Condition::Op::kAbsent || condition_.op == Condition::Op::kNever) return false;
    return test(value);
  }

  bool test(const json::Value& value) const {
    if (condition_.op == Condition::Op::kEq) {
      return std::any_of(condition_.values.begin(), condition_.values.end(),
                         [&](const json::Value& wanted) { return json::equal(value, wanted); });
    }
    if (value.is_string()) return matches_text(std::string_view(value.get_string()));
    if (value.is_number() || value.is_bool()) return matches_text(json::scalar_text(value));
    return false;
  }

  Condition condition_;
  std::unique_ptr<RE2> regex_;
  std::optional<std::string> literal_;
};

class Tree final : public Matcher {
 public:
  explicit Tree(const Filter& filter) : kind_(filter.kind) {
    if (kind_ == Filter::Kind::kLeaf) leaf_.emplace(filter.leaf);
    for (const Filter& child : filter.children) children_.push_back(std::make_unique<Tree>(child));
  }

  bool matches(const Document& document) const override {
    const auto test = [&](const auto& child) { return child->matches(document); };
    switch (kind_) {
      case Filter::Kind::kAll:
        return std::all_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kAny:
        return std::any_of(children_.begin(), children_.end(), test);
      case Filter::Kind::kLeaf:
        return leaf_->matches(document);
    }
    return false;
  }

  bool matches_text(std::string_view text) const override { return leaf_ && leaf_->matches_text(text); }

 private:
  Filter::Kind kind_;
  std::optional<Leaf> leaf_;
  std::vector<std::unique_ptr<Tree>> children_;
};

}  // namespace

std::shared_ptr<const Matcher> Matcher::compile(const Filter& filter) { return std::make_shared<Tree>(filter); }

}  // namespace maestro::store
