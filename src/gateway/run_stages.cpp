#include <deque>
#include <set>
#include <unordered_map>

#include "gateway/pipeline.h"
#include "gateway/rows.h"
#include "store/match.h"

namespace maestro::gateway {
namespace {

using json::Array;
using json::Object;
using json::Value;

/// The scalars that a path reaches, through objects and arrays.
void collect(const Value& value, std::string_view path, std::vector<std::string>& out) {
  if (const Array* array = value.if_array()) {
    for (const Value& each : *array) collect(each, path, out);
    return;
  }
  if (path.empty()) {
    if (!value.is_null() && !value.is_object()) out.push_back(json::write(value));
    return;
  }
  const Object* object = value.if_object();
  const auto dot = path.find('.');
  const Value* inner = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
  if (inner != nullptr) collect(*inner, dot == std::string_view::npos ? "" : path.substr(dot + 1), out);
}

std::vector<std::string> values_at(const Object& row, std::string_view path) {
  std::vector<std::string> out;
  const auto dot = path.find('.');
  const Value* inner = row.if_contains(path.substr(0, dot));
  if (inner != nullptr) collect(*inner, dot == std::string_view::npos ? "" : path.substr(dot + 1), out);
  return out;
}

bool matches(const store::Matcher& matcher, const Object& row) {
  store::Document document;
  document.body[kRowRoot] = row;
  return matcher.matches(document);
}

/// Documents of a joined collection, found by the value of one of their fields.
struct Joined {
  std::vector<Object> documents;
  std::vector<std::size_t> sizes;
  std::unordered_map<std::string, std::vector<std::size_t>> by_value;
};

class Run {
 public:
  Run(const Context& context, const Fetch& fetch, const Limits& limits)
      : context_(context), fetch_(fetch), limits_(limits) {}

  Result<void> stage(const Stage& stage, std::vector<Object>& rows) {
    switch (stage.kind) {
      case Stage::Kind::kMatch:
        return match(stage, rows);
      case Stage::Kind::kLookup:
        return lookup(stage, rows);
      case Stage::Kind::kGraphLookup:
        return graph_lookup(stage, rows);
      case Stage::Kind::kUnwind:
        return unwind(stage, rows);
      case Stage::Kind::kProject:
        project(stage, rows);
        return {};
      case Stage::Kind::kSort:
        sort(stage, rows);
        return {};
      case Stage::Kind::kSkip:
        rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(stage.number, rows.size())));
        return {};
      case Stage::Kind::kLimit:
        if (rows.size() > stage.number) rows.resize(stage.number);
        return {};
    }
    return {};
  }

 private:
  Result<void> pace() const {
    if (context_.stopped()) return unavailable("The aggregation took too long: ask for less at once");
    return {};
  }

  Result<void> grow(std::size_t rows, std::size_t bytes) {
    bytes_ += bytes;
    if (rows > limits_.rows) return invalid(fmt::format("The aggregation makes more than {} rows", limits_.rows));
    if (bytes_ > limits_.bytes) return invalid("The aggregation makes more data than is allowed: ask for less at once");
    return pace();
  }

  Result<void> match(const Stage& stage, std::vector<Object>& rows) {
    const auto matcher = store::Matcher::compile(stage.filter);
    TRY(pace());
    std::erase_if(rows, [&](const Object& row) { return !matches(*matcher, row); });
    return pace();
  }

  Result<const Joined*> join(const Stage& stage) {
    const auto key = std::pair(stage.from, stage.foreign);
    if (const auto known = joined_.find(key); known != joined_.end()) return &known->second;
    Joined joined;
    TRY_ASSIGN(joined.documents, fetch_(*stage.from));
    for (std::size_t i = 0; i < joined.documents.size(); ++i) {
      if (i % 1000 == 0) TRY(pace());
      joined.sizes.push_back(json::write(joined.documents[i]).size());
      for (std::string& value : values_at(joined.documents[i], stage.foreign)) {
        auto& list = joined.by_value[std::move(value)];
        if (list.empty() || list.back() != i) list.push_back(i);
      }
    }
    return &joined_.emplace(key, std::move(joined)).first->second;
  }

  Result<void> lookup(const Stage& stage, std::vector<Object>& rows) {
    TRY_ASSIGN(const Joined* joined, join(stage));
    for (Object& row : rows) {
      std::set<std::size_t> found;
      for (const std::string& value : values_at(row, stage.local)) {
        const auto at = joined->by_value.find(value);
        if (at != joined->by_value.end()) found.insert(at->second.begin(), at->second.end());
      }
      Array list;
      for (const std::size_t i : found) {
        TRY(grow(rows.size(), joined->sizes[i]));
        list.emplace_back(joined->documents[i]);
      }
      json::set(row, stage.as, std::move(list));
    }
    return pace();
  }

  Result<void> graph_lookup(const Stage& stage, std::vector<Object>& rows) {
    TRY_ASSIGN(const Joined* joined, join(stage));
    const auto matcher = store::Matcher::compile(stage.filter);
    for (Object& row : rows) {
      std::map<std::size_t, int> depth_of;  // also what has been walked over: cycles end
      std::deque<std::pair<std::string, int>> open;
      for (std::string& value : values_at(row, stage.start)) open.emplace_back(std::move(value), 0);
      while (!open.empty()) {
        const auto [value, depth] = std::move(open.front());
        open.pop_front();
        const auto at = joined->by_value.find(value);
        if (at == joined->by_value.end()) continue;
        for (const std::size_t i : at->second) {
          if (depth_of.contains(i)) continue;
          const Object& document = joined->documents[i];
          if (!json::bool_or(document, "active", true) || !matches(*matcher, document)) continue;
          TRY(grow(rows.size(), joined->sizes[i]));
          depth_of.emplace(i, depth);
          if (depth < stage.max_depth)
            for (std::string& next : values_at(document, stage.local)) open.emplace_back(std::move(next), depth + 1);
        }
      }
      Array list;
      for (const auto& [i, depth] : depth_of) {
        Object document = joined->documents[i];
        if (!stage.depth_field.empty()) document[stage.depth_field] = depth;
        list.emplace_back(std::move(document));
      }
      json::set(row, stage.as, std::move(list));
    }
    return pace();
  }

  Result<void> unwind(const Stage& stage, std::vector<Object>& rows) {
    std::vector<Object> out;
    for (Object& row : rows) {
      const Value* value = json::find(row, stage.path);
      const Array* list = value == nullptr ? nullptr : value->if_array();
      if (value == nullptr || value->is_null() || (list != nullptr && list->empty())) {
        if (!stage.keep_empty) continue;
        json::erase(row, stage.path);
        out.push_back(std::move(row));
      } else if (list == nullptr) {
        out.push_back(std::move(row));
      } else {
        const Array each = *list;
        json::erase(row, stage.path);
        const std::size_t size = each.size() > 1 ? json::write(row).size() : 0;
        for (const Value& one : each) {
          TRY(grow(out.size() + 1, size));
          Object copy = row;
          json::set(copy, stage.path, one);
          out.push_back(std::move(copy));
        }
      }
    }
    rows = std::move(out);
    return pace();
  }

  static void project(const Stage& stage, std::vector<Object>& rows) {
    std::vector<std::string_view> paths(stage.fields.begin(), stage.fields.end());
    if (!stage.without_id) paths.emplace_back("_id");
    for (Object& row : rows) row = json::project(row, paths);
  }

  static void sort(const Stage& stage, std::vector<Object>& rows) {
    const auto rank = [](const Value* value) {
      return value == nullptr || value->is_null() ? 0 : value->is_number() ? 1 : value->is_string() ? 2 : 3;
    };
    const auto order = [&](const Value* a, const Value* b) {
      if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
      const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
      if (rank(a) == 1) return sign(a->to_number<double>(), b->to_number<double>());
      if (rank(a) == 2) return sign(std::string_view(a->get_string()), std::string_view(b->get_string()));
      return 0;
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const Object& a, const Object& b) {
      for (const auto& [path, ascending] : stage.order) {
        const int way = order(json::find(a, path), json::find(b, path));
        if (way != 0) return ascending ? way < 0 : way > 0;
      }
      return false;
    });
  }

  const Context& context_;
  const Fetch& fetch_;
  const Limits& limits_;
  std::size_t bytes_ = 0;
  std::map<std::pair<const model::Entity*, std::string>, Joined> joined_;
};

}  // namespace

Result<std::vector<Object>> run_stages(const Context& context, const std::vector<Stage>& stages,
                                       std::vector<Object> rows, const Fetch& fetch, const Limits& limits) {
  Run run(context, fetch, limits);
  for (const Stage& stage : stages) TRY(run.stage(stage, rows));
  return rows;
}

}  // namespace maestro::gateway
