#include "store_sql/filter.h"

namespace maestro::store_sql {
namespace {

using store::Condition;
using store::Filter;
using Op = store::Condition::Op;

constexpr std::size_t kMarks = 16;  // longer lists of values travel as one JSON text

class Compiler {
 public:
  Compiler(const Dialect& dialect, const Table& table, std::int64_t odd, const ValuesOf& values_of)
      : dialect_(dialect), table_(table), odd_(odd), values_of_(values_of) {}

  CompiledFilter compile(const Filter& written) {
    const Filter filter = resolve(written);
    out_.where = tree(filter);
    if (out_.where.text == kTrue) out_.where = {};
    out_.never = out_.where.text == kFalse;
    if (!out_.never) find_seeks(filter);
    return std::move(out_);
  }

 private:
  static bool is_text_test(Op op) {
    return op == Op::kRegex || op == Op::kContains || op == Op::kStarts || op == Op::kWithin;
  }
  static std::string_view sign(Op op) {
    return op == Op::kLess ? " < ?" : op == Op::kLessEq ? " <= ?" : op == Op::kGreater ? " > ?" : " >= ?";
  }

  static constexpr std::string_view kTrue = "TRUE";
  static constexpr std::string_view kFalse = "FALSE";

  /// A text test on a column of few distinct values is tried on those, once each, and becomes an equality.
  Filter resolve(const Filter& filter) const {
    Filter out = filter;
    if (filter.kind == Filter::Kind::kElement) return out;  // its paths are not those of the columns
    for (Filter& child : out.children) child = resolve(child);
    const Condition& leaf = filter.leaf;
    if (filter.kind != Filter::Kind::kLeaf || !is_text_test(leaf.op)) return out;
    const auto& declared = store::columns(*table_.entity);
    for (const std::size_t column : table_.facets) {
      if (declared[column].path != leaf.path || (odd_ & (not_bit(column) | other_type_bit(column))) != 0) continue;
      const auto values = values_of_(table_.columns[column]);
      if (!values) continue;
      const auto matcher = store::Matcher::compile(filter);
      out.leaf = {leaf.path, Op::kEq, {}};
      for (const std::string& value : *values)
        if (matcher->matches_text(value)) out.leaf.values.emplace_back(value);
    }
    return out;
  }

  Sql tree(const Filter& filter) {
    if (filter.kind == Filter::Kind::kLeaf) return leaf(filter.leaf);
    if (filter.kind == Filter::Kind::kNot) return negation(filter);
    if (filter.kind == Filter::Kind::kElement) {
      out_.reads_bodies = true;
      return body_test(filter);
    }
    const bool every = filter.kind == Filter::Kind::kAll;
    std::vector<Sql> parts;
    // Every child is looked at, also behind one that decides: what is looked at again later needs all their columns.
    bool decided = false;
    for (const Filter& child : filter.children) {
      Sql part = tree(child);
      decided = decided || part.text == (every ? kFalse : kTrue);
      if (part.text != (every ? kTrue : kFalse)) parts.push_back(std::move(part));
    }
    if (decided) return Sql(every ? kFalse : kTrue);
    if (parts.empty()) return Sql(every ? kTrue : kFalse);
    return balanced(parts, every ? " AND " : " OR ");
  }

  Sql negation(const Filter& filter) {
    Filter any = filter;
    any.kind = Filter::Kind::kAny;
    const bool exact = std::exchange(out_.exact, true);
    const Sql inner = tree(any);
    if (!out_.exact) return Sql(kTrue);  // too much let through, turned around, would be too little
    out_.exact = exact;
    if (inner.text == kFalse) return Sql(kTrue);
    if (inner.text == kTrue) return Sql(kFalse);
    // What is NULL does not match, so its negation does.
    return Sql("(").add(inner).add(") IS NOT TRUE");
  }

  /// Depth log n: SQLite bounds the depth of an expression, not its size.
  static Sql balanced(std::span<const Sql> parts, std::string_view glue) {
    if (parts.size() == 1) return parts[0];
    const std::size_t half = parts.size() / 2;
    Sql out("(");
    return out.add(balanced(parts.first(half), glue)).add(glue).add(balanced(parts.subspan(half), glue)).add(")");
  }

  static Filter leaf_of(const Condition& condition) {
    return {.kind = Filter::Kind::kLeaf, .leaf = condition, .children = {}};
  }

  std::int64_t matcher(const Filter& filter) {
    out_.matchers.push_back(store::Matcher::compile(filter));
    return static_cast<std::int64_t>(out_.matchers.size()) - 1;
  }
  std::int64_t matcher(const Condition& condition) { return matcher(leaf_of(condition)); }

  /// What the engine cannot test: everything passes, and is looked at again.
  Sql untested() {
    out_.exact = false;
    return Sql(kTrue);
  }

  /// A test of a text column by a function, or by what the engine has.
  Sql text_test(const Condition& condition, const std::string& name, bool is_text) {
    if (dialect_.has_functions()) {
      Sql out("text_matches(?, ");
      return out.bind(matcher(condition)).add(name).add(")");
    }
    const auto literal = is_text ? store::literal_of(condition) : std::nullopt;
    return literal && !literal->has_wildcard() ? dialect_.holds(name, literal->needle, literal->at_start) : untested();
  }

  Sql body_test(const Filter& filter) {
    if (!dialect_.has_functions()) return untested();
    Sql out("body_matches(?, n.id, ");
    return out.bind(matcher(filter)).add(kBody).add(")");
  }
  Sql body_test(const Condition& condition) { return body_test(leaf_of(condition)); }

  Sql leaf(const Condition& condition) {
    if (condition.op == Op::kNever || (condition.op != Op::kAbsent && condition.values.empty())) return Sql(kFalse);
    const auto& path = condition.path;
    if (path == "_id" || path == "created_at" || path == "updated_at" || path == "active") return fixed(condition);
    const auto& declared = store::columns(*table_.entity);
    for (std::size_t i = 0; i < declared.size(); ++i)
      if (declared[i].path == path) return column(condition, i);
    out_.reads_bodies = true;
    return body_test(condition);
  }

  Sql fixed(const Condition& condition) {
    const std::string name(table_.column_of(condition.path));
    if (condition.op == Op::kAbsent || condition.op == Op::kPair) return Sql(kFalse);
    out_.columns.insert(name);
    if (is_comparison(condition.op)) {
      if (!store::is_canonical(condition.path, condition.values[0])) return Sql(kFalse);
      const std::string_view text(condition.values[0].get_string());
      Sql out("n." + name);
      out.add(sign(condition.op));
      if (name == "oid") {
        const ObjectId id = *ObjectId::parse(text);
        return out.bind(std::string(reinterpret_cast<const char*>(id.bytes().data()), 12), true);
      }
      return out.bind(to_ms(*parse_iso(text)));
    }
    if (condition.op == Op::kEq) {
      std::vector<Value> values;
      for (const json::Value& value : condition.values) {
        if (name == "active") {
          if (value.is_bool()) values.emplace_back(std::int64_t{value.get_bool()});
          continue;
        }
        if (!value.is_string()) continue;
        const std::string_view text(value.get_string());
        if (!store::is_canonical(condition.path, value)) continue;
        if (name == "oid")
          values.emplace_back(std::string(reinterpret_cast<const char*>(ObjectId::parse(text)->bytes().data()), 12));
        else
          values.emplace_back(to_ms(*parse_iso(text)));
      }
      return in("n." + name, values, name == "oid");
    }
    if (!dialect_.has_functions() && name != "active") return untested();
    const std::int64_t number = matcher(condition);
    if (name == "active") {
      const bool yes = out_.matchers.back()->matches_text("true");
      const bool no = out_.matchers.back()->matches_text("false");
      return yes == no ? Sql(yes ? kTrue : kFalse) : Sql(yes ? "n.active = 1" : "n.active = 0");
    }
    Sql out(name == "oid" ? "id_matches(?, n." : "time_matches(?, n.");
    return out.bind(number).add(name).add(")");
  }

  Sql in(const std::string& name, const std::vector<Value>& values, bool blobs = false) {
    if (values.empty()) return Sql(kFalse);
    Sql out(name);
    if (values.size() == 1) return out.add(" = ?").bind(values[0], blobs);
    if (values.size() > kMarks && !blobs) return dialect_.any_of(name, values);
    out.add(" IN (");
    for (std::size_t i = 0; i < values.size(); ++i) out.add(i == 0 ? "?" : ", ?").bind(values[i], blobs);
    return out.add(")");
  }

  /// A test on a column. Where the kind has rows whose column is not the whole truth, those rows ask their body.
  Sql column(const Condition& condition, std::size_t at) {
    const store::Column& declared = store::columns(*table_.entity)[at];
    const std::string name = "n." + table_.columns[at];
    out_.columns.insert(table_.columns[at]);
    const bool text = declared.kind == store::Column::Kind::kText;
    Sql plain;
    bool other_types_agree = true;  // rows with a scalar of another type give the same answer on the column
    bool other_types_fail = false;  // ... never match
    switch (condition.op) {
      case Op::kEq: {
        std::vector<Value> values;
        std::size_t own_type = 0;
        for (const json::Value& value : condition.values) {
          if (text && value.is_string()) {
            // No column holds a zero character, and not every engine takes one as a value.
            if (std::string_view(value.get_string()).find('\0') == std::string_view::npos)
              values.emplace_back(std::string(value.get_string()));
          } else if (declared.kind == store::Column::Kind::kNumber && value.is_number())
            values.emplace_back(value.to_number<double>());
          else
            continue;
          ++own_type;
        }
        plain = in(name, values);
        other_types_agree = false;
        // Texts in a number column and numbers in a text column are never equal to a value of the column's type ...
        other_types_fail = text && own_type == condition.values.size();
        break;
      }
      case Op::kLess:
      case Op::kLessEq:
      case Op::kGreater:
      case Op::kGreaterEq: {
        const json::Value& wanted = condition.values[0];
        plain = Sql(kFalse);
        if (text && wanted.is_string()) {
          // Without zero characters in the column, what is below "ab\0c" is "ab" and below, what is above is above
          // "ab".
          const std::string_view bound(wanted.get_string());
          const auto zero = bound.find('\0');
          const bool below = condition.op == Op::kLess || condition.op == Op::kLessEq;
          const Op op = zero == std::string_view::npos ? condition.op : below ? Op::kLessEq : Op::kGreater;
          plain = Sql(name + std::string(sign(op))).bind(std::string(bound.substr(0, zero)));
        } else if (declared.kind == store::Column::Kind::kNumber && wanted.is_number())
          plain = Sql(name + std::string(sign(condition.op))).bind(wanted.to_number<double>());
        other_types_agree = false;
        other_types_fail = text && wanted.is_string();
        break;
      }
      case Op::kPair:  // columns hold no objects
        plain = Sql(kFalse);
        break;
      case Op::kRegex:
      case Op::kContains:
      case Op::kStarts:
      case Op::kWithin:
        plain = text_test(condition, name, text);
        other_types_agree = text;
        break;
      case Op::kAbsent:
        plain = Sql(name + " IS NULL");
        other_types_agree = text;
        break;
      case Op::kNever:
        return Sql(kFalse);
    }
    std::int64_t ask_body = not_bit(at);
    if (!other_types_agree && !other_types_fail) ask_body |= other_type_bit(at);
    ask_body &= odd_;
    if (other_types_fail && (odd_ & other_type_bit(at)) != 0) {
      if (at + 1 < kOddBits) {
        out_.columns.insert("odd");
        plain.add(" AND (n.odd & ?) = 0").bind(other_type_bit(at));
        plain.text = "(" + plain.text + ")";
      } else {
        ask_body |= other_type_bit(at);  // a bit that columns share accuses nobody in particular
      }
    }
    if (ask_body == 0) return plain;
    out_.columns.insert("odd");
    out_.asks_body |= ask_body;
    Sql out("CASE WHEN (n.odd & ?) = 0 THEN ");
    out.bind(ask_body).add(plain).add(" ELSE ").add(body_test(condition)).add(" END");
    return out;
  }

  /// Equalities and ranges that every match must satisfy. An OR with bodies or a CASE cannot be sought.
  void find_seeks(const Filter& filter) {
    if (filter.kind == Filter::Kind::kAll) {
      for (const Filter& child : filter.children) find_seeks(child);
    } else if (filter.kind == Filter::Kind::kAny && filter.children.size() == 1) {
      find_seeks(filter.children[0]);
    } else if (filter.kind == Filter::Kind::kLeaf && (filter.leaf.op == Op::kEq || is_comparison(filter.leaf.op))) {
      const std::string_view name = table_.column_of(filter.leaf.path);
      if (name.empty() || name == "active") return;
      const Index* index = table_.sort_index(name);
      if (index == nullptr) return;
      CompiledFilter kept = std::move(out_);
      out_ = {};
      Sql condition = leaf(filter.leaf);
      const bool plain =
          out_.matchers.empty() && out_.exact && !condition.text.starts_with("CASE") && condition.text != kFalse;
      out_ = std::move(kept);
      if (plain) add_seek(make_seek(filter.leaf, *index, name, std::move(condition)));
    }
  }

  /// The two ends of one range are sought together.
  void add_seek(Seek seek) {
    for (Seek& known : out_.seeks) {
      if (!seek.range || !known.range || known.index != seek.index) continue;
      known.condition.add(" AND ").add(seek.condition);
      return;
    }
    out_.seeks.push_back(std::move(seek));
  }

  Seek make_seek(const Condition& leaf, const Index& index, std::string_view name, Sql condition) const {
    Seek seek{&index, std::move(condition), leaf.op != Op::kEq, {}, {}};
    if (seek.range) return seek;
    const bool counted = std::any_of(table_.facets.begin(), table_.facets.end(),
                                     [&](std::size_t column) { return table_.columns[column] == name; });
    // Rows with a number where the column holds text are counted among that text's, but do not match it.
    if (!counted || seek.condition.text.find("n.odd") != std::string::npos || leaf.values.size() > kMarks) return seek;
    seek.field = name;
    for (const json::Value& value : leaf.values)
      if (value.is_string()) seek.values.emplace(value.get_string());
    return seek;
  }

  const Dialect& dialect_;
  const Table& table_;
  std::int64_t odd_;
  const ValuesOf& values_of_;
  CompiledFilter out_;
};

}  // namespace

CompiledFilter compile_filter(const Dialect& dialect, const Table& table, const store::Filter& filter, std::int64_t odd,
                              const ValuesOf& values_of) {
  return Compiler(dialect, table, odd, values_of).compile(filter);
}

}  // namespace maestro::store_sql
