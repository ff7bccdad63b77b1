#include "api/filter_grammar.h"

#include "base/text.h"

namespace maestro::api {
namespace {

using json::Array;
using json::Object;
using json::Value;
using model::Entity;
using store::Condition;
using store::Filter;

constexpr const char* kNoFields[] = {"limit",  "page",    "orderBy",  "ascending", "query",
                                     "cursor", "columns", "inactive", "sort",      "fields",
                                     "count",  "or",      "not",      "complete",  "scope"};

Condition::Op plain_op(FilterOp op) {
  switch (op) {
    case FilterOp::kContains:
      return Condition::Op::kContains;
    case FilterOp::kStarts:
      return Condition::Op::kStarts;
    case FilterOp::kRegex:
      return Condition::Op::kRegex;
    case FilterOp::kLess:
      return Condition::Op::kLess;
    case FilterOp::kLessEq:
      return Condition::Op::kLessEq;
    case FilterOp::kGreater:
      return Condition::Op::kGreater;
    case FilterOp::kGreaterEq:
      return Condition::Op::kGreaterEq;
    case FilterOp::kExists:
      return Condition::Op::kAbsent;
    case FilterOp::kWithin:
      return Condition::Op::kWithin;
    case FilterOp::kHas:
      return Condition::Op::kPair;
    default:
      return Condition::Op::kEq;
  }
}

Filter leaf_of(std::string_view path, Condition::Op op, std::vector<Value> values = {}) {
  return {.kind = Filter::Kind::kLeaf,
          .leaf = {.path = std::string(path), .op = op, .values = std::move(values)},
          .children = {}};
}

Filter negated(Filter filter) {
  Filter out{.kind = Filter::Kind::kNot, .leaf = {}, .children = {}};
  out.children.push_back(std::move(filter));
  return out;
}

class Reader {
 public:
  Reader(const Entity& entity, Moment& moment, Violations& violations)
      : entity_(entity), moment_(moment), violations_(violations) {}

  Filter read(const Object& query) {
    Filter out;
    for (const auto& member : query) {
      const std::string_view key = member.key();
      const Value& value = member.value();
      if (key == "or" && !value.is_string()) {
        groups(value, out);
      } else if (key == "not" && !value.is_string()) {
        negations(value, out);
      } else if (is_list_parameter(key)) {
        continue;
      } else if (value.is_object()) {
        field(key, value.get_object(), false, out);
      } else if (key.find_first_of("[]") != std::string_view::npos) {
        violations_.add({Value(key)}, key, "is no field with an operator in brackets", "filter.grammar");
      } else if (is_mixed(value) && is_filterable(entity_, key)) {
        violations_.add({Value(key)}, key, "has values beside operators: write [eq]", "filter.grammar");
      }
    }
    if (conditions_ > kMaxConditions)
      violations_.add("filter", fmt::format("has more than {} conditions", kMaxConditions), "array.max");
    if (regexes_ > kMaxRegexes)
      violations_.add("filter", fmt::format("has more than {} regular expressions", kMaxRegexes), "array.max");
    return out;
  }

 private:
  /// name=a&name[eq]=b
  static bool is_mixed(const Value& value) {
    if (!value.is_array()) return false;
    const Array& array = value.get_array();
    const auto is_text = [](const Value& one) { return one.is_string(); };
    const auto is_object = [](const Value& one) { return one.is_object(); };
    return std::any_of(array.begin(), array.end(), is_text) && std::any_of(array.begin(), array.end(), is_object);
  }

  Array path_to(std::string_view name) const {
    Array path = at_;
    path.emplace_back(name);
    return path;
  }

  void groups(const Value& value, Filter& out) {
    // Beyond the twentieth index the query parser makes object keys of them.
    std::vector<const Value*> found;
    if (value.is_array()) {
      for (const Value& one : value.get_array()) found.push_back(&one);
    } else if (value.is_object()) {
      for (const auto& member : value.get_object()) found.push_back(&member.value());
    }
    if (found.size() > kMaxGroups)
      return violations_.add("or", fmt::format("has more than {} alternatives", kMaxGroups), "array.max");
    Filter any{.kind = Filter::Kind::kAny, .leaf = {}, .children = {}};
    for (std::size_t i = 0; i < found.size(); ++i) {
      at_ = {Value("or"), Value(static_cast<std::int64_t>(i))};
      any.children.push_back(group(*found[i]));
    }
    at_ = {};
    if (found.empty()) violations_.add("or", "has no alternatives", "array.min");
    out.children.push_back(std::move(any));
  }

  Filter group(const Value& value) {
    Filter all;
    if (!value.is_object()) {
      violations_.add(at_, "or", "must be written or[0][field][op]=value", "filter.grammar");
      return all;
    }
    for (const auto& member : value.get_object()) {
      if (member.key() == "not") {
        negations(member.value(), all);
      } else {
        one_field(member.key(), member.value(), false, all);
      }
    }
    return all;
  }

  void negations(const Value& value, Filter& out) {
    const Array outside = at_;
    at_ = path_to("not");
    if (value.is_object()) {
      for (const auto& member : value.get_object()) one_field(member.key(), member.value(), true, out);
    } else {
      violations_.add(at_, "not", "must be written not[field][op]=value", "filter.grammar");
    }
    at_ = outside;
  }

  void one_field(std::string_view name, const Value& value, bool negate, Filter& out) {
    if (value.is_object()) return field(name, value.get_object(), negate, out);
    violations_.add(path_to(name), name, "needs an operator in brackets", "filter.grammar");
  }

  void field(std::string_view name, const Object& operators, bool negate, Filter& out) {
    const Kind kind = kind_of(entity_, name);
    if (kind == Kind::kNone) return violations_.add(path_to(name), name, "is no field to filter by", "any.unknown");
    for (const auto& member : operators) {
      if (++conditions_ > kMaxConditions) return;
      const std::string_view word = member.key();
      if (word.starts_with('$')) {
        out.children.push_back(leaf_of(name, Condition::Op::kNever));
        continue;
      }
      const Operator* known = find_operator(word);
      if (known == nullptr || !suits(*known, entity_, name)) {
        const auto names = operators_of(entity_, name);
        violations_.add(path_to(name), name,
                        fmt::format("{} {}; it has {}",
                                    known == nullptr ? "has no filter operator" : "is of a type without the operator",
                                    shown(word, 40), fmt::join(names, ", ")),
                        "any.operator");
        continue;
      }
      if (auto condition = read(name, kind, *known, member.value())) {
        out.children.push_back(negate ? negated(std::move(*condition)) : std::move(*condition));
      }
    }
  }

  void refuse(std::string_view name, const Operator& known, std::string_view what, std::string_view type) {
    violations_.add(path_to(name), name, fmt::format("[{}] {}", known.name, what), type);
  }

  /// The texts of a condition: one, or several where the operator means any or none of them.
  std::optional<std::vector<std::string>> texts(std::string_view name, const Operator& known, const Value& value) {
    std::vector<std::string> out;
    const bool list = known.op == FilterOp::kIn || known.op == FilterOp::kNin || known.op == FilterOp::kWithin ||
                      known.op == FilterOp::kHas;
    const auto take = [&](const Value& one) {
      if (!one.is_string()) return false;
      if (list) {
        for (std::string& part : split_list(one.get_string())) out.push_back(std::move(part));
      } else {
        out.emplace_back(one.get_string());
      }
      return true;
    };
    const bool readable =
        value.is_array() ? std::all_of(value.get_array().begin(), value.get_array().end(), take) : take(value);
    if (!readable) {
      refuse(name, known, "must be a text or a list of texts", "string.base");
      return std::nullopt;
    }
    const bool single = known.op == FilterOp::kExists || store::is_comparison(plain_op(known.op));
    if (single && out.size() > 1) {
      refuse(name, known, "takes one value", "array.max");
      return std::nullopt;
    }
    if (out.empty()) {
      refuse(name, known, "has an empty list", "array.min");
      return std::nullopt;
    }
    if (out.size() > kMaxListed) {
      refuse(name, known, fmt::format("lists more than {} values", kMaxListed), "array.max");
      return std::nullopt;
    }
    return out;
  }

  /// nullopt after a violation.
  std::optional<Filter> read(std::string_view name, Kind kind, const Operator& known, const Value& value) {
    const auto parts = texts(name, known, value);
    if (!parts) return std::nullopt;
    const Condition::Op op = plain_op(known.op);
    if (op != Condition::Op::kEq) conditions_ += parts->size() - 1;
    if (op == Condition::Op::kRegex) regexes_ += parts->size();
    if (conditions_ > kMaxConditions || regexes_ > kMaxRegexes) return std::nullopt;
    std::vector<Value> equals;
    Filter any{.kind = Filter::Kind::kAny, .leaf = {}, .children = {}};
    bool readable = true;
    for (const std::string& text : *parts) {
      ReadValue one = read_value(kind, known.op, text, moment_);
      if (one.values.empty()) {
        refuse(name, known, one.fault, one.type);
        readable = false;
      } else if (op == Condition::Op::kEq) {
        for (Value& meant : one.values) equals.push_back(std::move(meant));
      } else if (op == Condition::Op::kAbsent) {
        Filter absent = leaf_of(name, op);
        any.children.push_back(one.values[0].get_bool() ? negated(std::move(absent)) : std::move(absent));
      } else {
        any.children.push_back(leaf_of(name, op, std::move(one.values)));
      }
    }
    if (!readable) return std::nullopt;
    if (op == Condition::Op::kEq) {
      Filter leaf = leaf_of(name, op, std::move(equals));
      const bool none = known.op == FilterOp::kNe || known.op == FilterOp::kNin;
      return none ? negated(std::move(leaf)) : std::move(leaf);
    }
    return any.children.size() == 1 ? std::move(any.children[0]) : std::move(any);
  }

  const Entity& entity_;
  Moment& moment_;
  Violations& violations_;
  Array at_;  ///< where in the query the reader is: [], ["or", 0], ["not"]
  std::size_t conditions_ = 0;
  std::size_t regexes_ = 0;
};

}  // namespace

bool is_list_parameter(std::string_view name) {
  return std::any_of(std::begin(kNoFields), std::end(kNoFields), [&](const char* one) { return name == one; });
}

Filter read_filters(const Object& query, const Entity& entity, Moment& moment, Violations& violations) {
  return Reader(entity, moment, violations).read(query);
}

}  // namespace maestro::api
