// Facets of a list: from the counts by value where the viewer sees everything, else in one pass over what the list
// finds.
#include "store_sql/list.h"
#include "store_sql/ports.h"

namespace maestro::store_sql {
namespace {

using Values = std::unordered_map<std::string, std::int64_t>;

store::Facet facet_of(const std::string& field, const Values& counted, std::int64_t missing, std::size_t limit) {
  store::Facet out;
  out.field = field;
  out.missing = missing;
  out.values.assign(counted.begin(), counted.end());
  std::sort(out.values.begin(), out.values.end(),
            [](const auto& a, const auto& b) { return std::tie(b.second, a.first) < std::tie(a.second, b.first); });
  for (std::size_t i = limit; i < out.values.size(); ++i) out.others += out.values[i].second;
  if (out.values.size() > limit) out.values.resize(limit);
  return out;
}

std::vector<store::Facet> facets_of(const std::vector<std::string>& fields, const std::vector<Values>& values,
                                    const std::vector<std::int64_t>& missing, std::size_t limit) {
  std::vector<store::Facet> out;
  for (std::size_t i = 0; i < fields.size(); ++i) out.push_back(facet_of(fields[i], values[i], missing[i], limit));
  return out;
}

}  // namespace

Result<std::vector<store::Facet>> List::facets(const std::vector<std::string>& fields, std::size_t limit) {
  std::vector<std::size_t> columns;
  const auto& declared = store::columns(*table_.entity);
  for (const std::string& field : fields) {
    const auto found = std::find_if(table_.facets.begin(), table_.facets.end(),
                                    [&](std::size_t column) { return declared[column].path == field; });
    if (found == table_.facets.end()) return invalid(fmt::format("\"{}\" has no facets", field));
    columns.push_back(*found);
  }
  TRY(prepare());
  Counted values(columns.size());
  std::vector<std::int64_t> missing(columns.size(), 0);
  if (!filter_.never && visible_ > 0 && !columns.empty()) {
    if (!roles_ && filter_.exact && filter_.where.empty()) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        Query query = db_.query("SELECT active, value, n FROM facet WHERE kind = ? AND field = ?");
        query.bind(table_.kind, table_.columns[columns[i]]);
        missing[i] = visible_;
        for (;;) {
          TRY_ASSIGN(const bool row, query.step());
          if (!row) break;
          if (spec_.active && *spec_.active != (query.integer(0) != 0)) continue;
          values[i][query.string(1)] += query.integer(2);
          missing[i] -= query.integer(2);
        }
      }
    } else {
      TRY_ASSIGN(const bool known, facets_from_memory(columns, values, missing));
      if (known) return facets_of(fields, values, missing, limit);
      for (const std::size_t column : columns) filter_.columns.insert(table_.columns[column]);
      TRY_ASSIGN(const Driver driver, choose_driver());
      if (filter_.exact && !dialect_.has_functions())
        TRY(group(driver, columns, values, missing));
      else
        TRY(count_values(driver, columns, values, missing));
    }
  }
  return facets_of(fields, values, missing, limit);
}

Result<bool> List::facets_from_memory(const std::vector<std::size_t>& columns, Counted& values,
                                      std::vector<std::int64_t>& missing) {
  if (!view_) return false;
  TRY_ASSIGN(const bool known, match_in_memory());
  if (!known) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) view_->count_values(mask_, columns[i], values[i], missing[i]);
  return true;
}

/// The engine groups by each column in one pass.
Result<void> List::group(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                         std::vector<std::int64_t>& missing) {
  std::string names, sets;
  for (const std::size_t column : columns) {
    fmt::format_to(std::back_inserter(names), "{}n.{}", names.empty() ? "" : ", ", table_.columns[column]);
    fmt::format_to(std::back_inserter(sets), "{}(n.{})", sets.empty() ? "" : ", ", table_.columns[column]);
  }
  Sql sql = head(driver, Sql(fmt::format("count(*), GROUPING({0}), {0}", names)));
  sql.add(fmt::format(" GROUP BY GROUPING SETS ({})", sets));
  Query query = this->query(sql);
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return {};
    // One bit a column, the first one highest: zero for the one that the row is grouped by.
    const std::int64_t bits = query.integer(1);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if ((bits >> (columns.size() - 1 - i) & 1) != 0) continue;
      const int at = static_cast<int>(i) + 2;
      if (query.null(at))
        missing[i] += query.integer(0);
      else
        values[i][query.string(at)] += query.integer(0);
    }
  }
}

/// The rows come one by one and are counted here.
Result<void> List::count_values(const Driver& driver, const std::vector<std::size_t>& columns, Counted& values,
                                std::vector<std::int64_t>& missing) {
  const auto take = [&](const Query& row, int from) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const int at = from + static_cast<int>(i);
      const std::string_view text = row.text(at);
      if (text.empty() && row.null(at)) {
        ++missing[i];
        continue;
      }
      // Few distinct values: the one looked for is there, nearly always.
      scratch_.assign(text);
      ++values[i][scratch_];
    }
  };
  std::string names;
  for (const std::size_t column : columns)
    fmt::format_to(std::back_inserter(names), "{}n.{}", names.empty() ? "" : ", ", table_.columns[column]);
  if (!filter_.exact) {
    std::int64_t total = 0;
    TRY(sift(driver, {}, 0, total, names, take));
    return {};
  }
  Query query = db_.stream(head(driver, Sql(names)));
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return {};
    take(query, 0);
  }
}

Result<std::vector<store::Facet>> SqlDocuments::facets(const Context& context, const store::FacetSpec& spec) {
  store::ListSpec list = spec.list;
  list.cursor.clear();
  return ask_list(core_, context, list, [&](List& each) { return each.facets(spec.fields, spec.limit); });
}

}  // namespace maestro::store_sql
