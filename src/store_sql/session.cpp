#include "store_sql/session.h"

namespace maestro::store_sql {

Error stopped_error() { return unavailable("The request was canceled or took too long"); }

Sql& Sql::add(std::string_view piece) {
  text += piece;
  return *this;
}

Sql& Sql::add(const Sql& other) {
  text += other.text;
  binds.insert(binds.end(), other.binds.begin(), other.binds.end());
  blobs.insert(blobs.end(), other.blobs.begin(), other.blobs.end());
  return *this;
}

Sql& Sql::bind(Value value, bool blob) {
  binds.push_back(std::move(value));
  blobs.push_back(blob);
  return *this;
}

void Query::bind_one(const ObjectId& id) {
  if (!id) return bind_one(nullptr);
  statement_->bind_blob(next_++, {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()});
}

void Query::bind_one(const store::ColumnValue& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    bind_one(Borrowed{*text});
  else if (const auto* real = std::get_if<double>(&value))
    bind_one(*real);
  else if (const auto* number = std::get_if<std::int64_t>(&value))
    bind_one(*number);
  else
    bind_one(nullptr);
}

void Query::bind_all(const Sql& sql) {
  next_ = 1;
  for (std::size_t i = 0; i < sql.binds.size(); ++i) {
    const Value& value = sql.binds[i];
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (sql.blobs[i])
        bind_one(Blob{*text});
      else
        bind_one(*text);
    } else if (const auto* real = std::get_if<double>(&value)) {
      bind_one(*real);
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      bind_one(*number);
    } else {
      bind_one(nullptr);
    }
  }
}

Result<void> Query::run() {
  for (;;) {
    TRY_ASSIGN(const bool row, step());
    if (!row) return {};
  }
}

void Query::reset() {
  statement_->reset();
  next_ = 1;
}

ObjectId Query::object_id(int column) const {
  const std::string_view bytes = text(column);
  return bytes.size() == 12 ? ObjectId::from_bytes(bytes.data()) : ObjectId();
}

Value Query::value(int column) const {
  switch (statement_->kind(column)) {
    case Statement::Kind::kInteger:
      return integer(column);
    case Statement::Kind::kReal:
      return real(column);
    case Statement::Kind::kNull:
      return {};
    default:
      return string(column);
  }
}

Query Session::query(const Sql& sql) {
  Query query(prepare(sql.text, false));
  query.bind_all(sql);
  return query;
}

Query Session::often(const Sql& sql) {
  Query query(prepare(sql.text, true));
  query.bind_all(sql);
  return query;
}

}  // namespace maestro::store_sql
