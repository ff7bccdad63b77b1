#include "mirror.h"

#include <fmt/format.h>

#include <algorithm>

namespace maestro::bench {
namespace {

std::string marks(std::size_t count) {
  std::string out;
  for (std::size_t i = 1; i <= count; ++i) out += fmt::format("{}${}", i == 1 ? "" : ", ", i);
  return out;
}

std::string insert_sql(const std::string& table, const std::vector<std::string>& columns) {
  std::string names;
  for (const std::string& column : columns) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column);
  return fmt::format("INSERT INTO \"{}\" ({}) VALUES ({})", table, names, marks(columns.size()));
}

/// The texts of `search` go into their index by hand where the engine has it so.
void index_texts(std::vector<Write>& out, const Rows& search) {
  Write write{.sql = "INSERT INTO search_fts (rowid, text) VALUES ($1, $2)", .rows = {}};
  const auto text = static_cast<std::size_t>(std::find(search.columns.begin(), search.columns.end(), "text") -
                                             search.columns.begin());
  for (const Row& row : search.rows) write.rows.push_back({row[0], row[text]});
  out.push_back(std::move(write));
}

/// Finds the group of a statement or begins one.
Write& group(std::vector<Write>& out, const std::string& sql) {
  for (Write& write : out)
    if (write.sql == sql) return write;
  return out.emplace_back(Write{.sql = sql, .rows = {}});
}

}  // namespace

Rows Mirror::rows(const std::string& table, const std::string& where) {
  return from_.read(fmt::format("SELECT * FROM \"{}\" WHERE {}", table, where));
}

std::int64_t Mirror::top(const std::string& table, const std::string& column) {
  const Rows found = from_.read(fmt::format("SELECT coalesce(max(\"{}\"), 0) FROM \"{}\"", column, table));
  return std::get<std::int64_t>(found.rows.at(0).at(0));
}

void Mirror::insert(std::vector<Write>& out, const std::string& table, const std::string& where) {
  Rows found = rows(table, where);
  if (found.rows.empty()) return;
  if (table == "search" && from_.indexes_texts()) index_texts(out, found);
  out.push_back({.sql = insert_sql(table, found.columns),
                 .rows = std::move(found.rows),
                 .table = table,
                 .columns = std::move(found.columns)});
}

std::vector<Write> Mirror::inserted(bool last) {
  std::vector<Write> out;
  const std::int64_t row = top("doc", "id"), set = top("acl_set", "id"), history = top("history", "id");
  const std::string ids = fmt::format("id > {} AND id <= {}", row_, row);
  if (row_ == 0) {
    for (const char* table : {"run", "scope", "run_scope"}) insert(out, table, "1 = 1");
  }
  for (const char* table : {"doc", "e_servers", "search", "address"}) insert(out, table, ids + " ORDER BY id");
  insert(out, "acl_set", fmt::format("id > {} AND id <= {} ORDER BY id", set_, set));
  insert(out, "acl_entry", fmt::format("acl > {} AND acl <= {}", set_, set));
  insert(out, "history", fmt::format("id > {} AND id <= {} ORDER BY id", history_, history));
  insert(out, "sighting", fmt::format("row > {} AND row <= {} ORDER BY row", row_, row));
  if (last) {
    for (const char* table : {"cnt", "facet"}) insert(out, table, "1 = 1");
  }
  row_ = row;
  set_ = set;
  history_ = history;
  return out;
}

void Mirror::replace(std::vector<Write>& out, BareStore& to, const std::string& table,
                     const std::vector<std::string>& key, const std::string& where) {
  const Rows fresh = rows(table, where);
  const Rows stale = to.read(fmt::format("SELECT * FROM \"{}\" WHERE {}", table, where));
  std::vector<std::size_t> at;
  for (const std::string& column : key)
    at.push_back(static_cast<std::size_t>(std::find(fresh.columns.begin(), fresh.columns.end(), column) -
                                          fresh.columns.begin()));
  const auto key_of = [&](const Row& row) {
    Row out_key;
    for (const std::size_t column : at) out_key.push_back(row[column]);
    return out_key;
  };
  const auto where_key = [&](std::size_t first) {
    std::string text;
    for (std::size_t i = 0; i < key.size(); ++i)
      text += fmt::format("{}\"{}\" = ${}", i == 0 ? "" : " AND ", key[i], first + i);
    return text;
  };
  std::map<Row, const Row*> old_rows;
  for (const Row& row : stale.rows) old_rows.emplace(key_of(row), &row);
  for (const Row& row : fresh.rows) {
    Row its_key = key_of(row);
    const auto found = old_rows.find(its_key);
    if (found == old_rows.end()) {
      group(out, insert_sql(table, fresh.columns)).rows.push_back(row);
      continue;
    }
    const Row& old_row = *found->second;
    old_rows.erase(found);
    std::string set;
    Row values;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i] == old_row[i]) continue;
      values.push_back(row[i]);
      set += fmt::format("{}\"{}\" = ${}", set.empty() ? "" : ", ", fresh.columns[i], values.size());
      if (table == "search" && fresh.columns[i] == "text" && from_.indexes_texts()) {
        group(out, "INSERT INTO search_fts (search_fts, rowid, text) VALUES ('delete', $1, $2)")
            .rows.push_back({row[0], old_row[i]});
        group(out, "INSERT INTO search_fts (rowid, text) VALUES ($1, $2)").rows.push_back({row[0], row[i]});
      }
    }
    if (values.empty()) continue;
    const std::string sql = fmt::format("UPDATE \"{}\" SET {} WHERE {}", table, set, where_key(values.size() + 1));
    for (Cell& cell : its_key) values.push_back(std::move(cell));
    group(out, sql).rows.push_back(std::move(values));
  }
  for (const auto& [gone, row] : old_rows)
    group(out, fmt::format("DELETE FROM \"{}\" WHERE {}", table, where_key(1))).rows.push_back(gone);
}

std::vector<Write> Mirror::changed(BareStore& to, std::int64_t first, std::int64_t last) {
  std::vector<Write> out;
  const std::string ids = fmt::format("id >= {} AND id <= {}", first, last);
  for (const char* table : {"doc", "e_servers", "search"}) replace(out, to, table, {"id"}, ids);
  replace(out, to, "address", {"lo", "id"}, ids);
  replace(out, to, "sighting", {"scope", "key"}, fmt::format("row >= {} AND row <= {}", first, last));
  const std::int64_t history = top("history", "id");
  insert(out, "history", fmt::format("id > {} AND id <= {} ORDER BY id", history_, history));
  history_ = history;
  return out;
}

std::vector<Write> Mirror::counted(BareStore& to) {
  std::vector<Write> out;
  replace(out, to, "cnt", {"kind", "acl", "active"}, "1 = 1");
  replace(out, to, "facet", {"kind", "field", "active", "value"}, "1 = 1");
  return out;
}

}  // namespace maestro::bench
