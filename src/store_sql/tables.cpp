#include "store_sql/tables.h"

#include "store/search_text.h"

namespace maestro::store_sql {
namespace {

Index make_index(const Table& table, std::string_view suffix, std::vector<std::string> columns,
                 std::string_view where = "", bool unique = false) {
  Index index;
  index.name = fmt::format("i_{}_{}", table.entity->collection, suffix);
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + column;
  index.sql = fmt::format("CREATE {}INDEX \"{}\" ON \"{}\" ({}){}", unique ? "UNIQUE " : "", index.name, table.name,
                          list, where);
  index.table = table.name;
  index.columns = std::move(columns);
  index.where = where;
  index.unique = unique;
  return index;
}

}  // namespace

bool Index::covers(std::string_view column) const {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::string_view Table::column_of(std::string_view path) const {
  if (path == "_id") return "oid";
  if (path == "created_at") return "created";
  if (path == "updated_at") return "updated";
  if (path == "active") return "active";
  const auto& declared = store::columns(*entity);
  for (std::size_t i = 0; i < declared.size(); ++i)
    if (declared[i].path == path) return columns[i];
  return {};
}

const Index* Table::sort_index(std::string_view column) const {
  for (const Index& index : indexes)
    if (index.columns.size() > 2 && index.columns[0] == "active" && index.columns[1] == column) return &index;
  return nullptr;
}

Table Table::derive(const model::Entity& entity) {
  Table table;
  table.entity = &entity;
  table.name = fmt::format("e_{}", entity.collection);
  const auto& declared = store::columns(entity);
  std::vector<std::string> filters;  // what people filter on: inside every index, so that a filtered walk stays in it
  for (const store::Column& column : declared) {
    table.columns.push_back("c_" + column.name);
    if (column.index == model::Index::kEq) filters.push_back(table.columns.back());
    if (column.index == model::Index::kEq && column.kind == store::Column::Kind::kText)
      table.facets.push_back(table.columns.size() - 1);
    table.columns_signature +=
        fmt::format("{}:{}:{};", column.path, static_cast<int>(column.kind), static_cast<int>(column.index));
  }
  table.search_signature = store::search_signature(entity);
  table.columns_signature += "2";  // texts of at most 400 bytes
  for (const std::string& path : model::list_paths(entity)) table.list_signature += path + ";";

  const auto covering = [&](std::vector<std::string> head) {
    head.insert(head.end(), {"acl", "odd"});
    for (const std::string& filter : filters)
      if (std::find(head.begin(), head.end(), filter) == head.end()) head.push_back(filter);
    return head;
  };
  std::vector<std::string> by_acl = {"acl", "active", "id", "odd"};
  by_acl.insert(by_acl.end(), filters.begin(), filters.end());
  table.indexes.push_back(make_index(table, "acl", std::move(by_acl)));
  table.indexes.push_back(make_index(table, "key", {"owner", "key"}, " WHERE key <> ''", true));
  // New entries of the last change and of values that many rows share come at few places: there the filter
  // columns are nearly free. Texts and the provider's times come all over the index, where every entry dirties a page
  // of its own, so those indexes stay slim and a filtered walk looks the other columns up in the narrow row.
  const auto slim = [](std::vector<std::string> head) {
    head.insert(head.end(), {"acl", "odd"});
    return head;
  };
  table.indexes.push_back(make_index(table, "updated", covering({"active", "updated", "id"})));
  table.indexes.push_back(make_index(table, "oid", slim({"active", "oid", "id"})));
  table.indexes.push_back(make_index(table, "created", slim({"active", "created", "id"})));
  for (std::size_t i = 0; i < declared.size(); ++i) {
    std::vector<std::string> head = {"active", table.columns[i], "id"};
    head = declared[i].index == model::Index::kEq ? covering(std::move(head)) : slim(std::move(head));
    table.indexes.push_back(make_index(table, table.columns[i], std::move(head)));
    if (declared[i].exclusive) {
      table.indexes.push_back(make_index(table, table.columns[i] + "_exclusive",
                                         {fmt::format("lower({})", table.columns[i])}, " WHERE active = 1", true));
    }
  }

  std::string names = "id, oid, active, created, updated, acl, owner, key, odd";
  std::string marks = "?, ?, ?, ?, ?, ?, ?, ?, ?";
  for (const std::string& column : table.columns) {
    names += ", " + column;
    marks += ", ?";
  }
  table.insert_sql = fmt::format("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, names, marks);
  table.select_sql = fmt::format(
      "SELECT d.id, d.oid, d.rev, n.active, n.created, n.updated, n.owner, n.key, n.acl, d.provenance, d.body "
      "FROM \"{}\" n JOIN doc d ON d.id = n.id",
      table.name);
  const auto from_doc = [&](const std::string& more) {
    return fmt::format(
        "SELECT d.id, d.oid, d.rev, n.active, n.created, n.updated, n.owner, n.key, n.acl, d.provenance, d.body{} "
        "FROM doc d JOIN \"{}\" n ON n.id = d.id",
        more, table.name);
  };
  table.from_doc_sql = from_doc("");
  table.by_id_sql = table.from_doc_sql + " WHERE d.oid = ?";
  table.by_id_stamped_sql = from_doc(fmt::format(", {}", kIdentityStamp)) + " WHERE d.oid = ?";
  table.by_row_sql = table.from_doc_sql + " WHERE d.id = ?";
  return table;
}

std::int64_t other_type_bit(std::size_t column) { return std::int64_t{1} << std::min(column, kOddBits - 1); }
std::int64_t not_bit(std::size_t column) { return std::int64_t{1} << (kOddBits + std::min(column, kOddBits - 1)); }

std::int64_t odd_of(const store::Document& document) {
  std::int64_t odd = 0;
  const auto& declared = store::columns(*document.entity);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    switch (store::column_fit(document, declared[i])) {
      case store::Fit::kExact:
        break;
      case store::Fit::kOtherType:
        odd |= other_type_bit(i);
        break;
      case store::Fit::kNot:
        odd |= not_bit(i);
        break;
    }
  }
  return odd;
}

}  // namespace maestro::store_sql
