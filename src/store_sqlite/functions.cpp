// The functions that statements call back: access, text tests, tests and sort keys on document bodies.
#include "store_sqlite/connection.h"

namespace maestro::store_sqlite {
namespace {

store_sql::Scan& scan_of(sqlite3_context* context) {
  return static_cast<store_sql::Session*>(sqlite3_user_data(context))->scan();
}

std::string_view text_of(sqlite3_value* value) {
  const unsigned char* data = sqlite3_value_text(value);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

const store::Matcher* matcher_of(store_sql::Scan& scan, sqlite3_value* index) {
  const auto at = static_cast<std::size_t>(sqlite3_value_int64(index));
  return at < scan.matchers.size() ? scan.matchers[at].get() : nullptr;
}

/// sees(set): the viewer holds enough of a role in that set.
void sees(sqlite3_context* context, int, sqlite3_value** args) {
  const store_sql::Scan& scan = scan_of(context);
  const auto set = static_cast<std::size_t>(sqlite3_value_int64(args[0]));
  sqlite3_result_int(context, scan.roles != nullptr && set < scan.roles->size() && (*scan.roles)[set] >= scan.role);
}

/// marked(row): ends the statement when it was asked too often. A read that ends so keeps its transaction.
void marked(sqlite3_context* context, int, sqlite3_value** args) {
  store_sql::Scan& scan = scan_of(context);
  if (scan.looks == 0) {
    scan.gave_up = true;
    return sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  }
  if (scan.looks > 0) --scan.looks;
  sqlite3_result_int(context, scan.is_marked && scan.is_marked(sqlite3_value_int64(args[0])));
}

/// text_matches(matcher, value)
void text_matches(sqlite3_context* context, int, sqlite3_value** args) {
  const store::Matcher* matcher = matcher_of(scan_of(context), args[0]);
  bool result = false;
  switch (sqlite3_value_type(args[1])) {
    case SQLITE_NULL:
      break;
    // SQLite would write 4.0 where a person and the matcher write 4.
    case SQLITE_FLOAT:
      result = matcher != nullptr && matcher->matches_text(fmt::format("{}", sqlite3_value_double(args[1])));
      break;
    default:
      result = matcher != nullptr && matcher->matches_text(text_of(args[1]));
  }
  sqlite3_result_int(context, result);
}

/// time_matches(matcher, milliseconds)
void time_matches(sqlite3_context* context, int, sqlite3_value** args) {
  const store::Matcher* matcher = matcher_of(scan_of(context), args[0]);
  sqlite3_result_int(context,
                     matcher != nullptr && matcher->matches_text(to_iso(from_ms(sqlite3_value_int64(args[1])))));
}

/// id_matches(matcher, object id)
void id_matches(sqlite3_context* context, int, sqlite3_value** args) {
  const store::Matcher* matcher = matcher_of(scan_of(context), args[0]);
  const void* bytes = sqlite3_value_blob(args[1]);
  const bool whole = sqlite3_value_bytes(args[1]) == 12;
  sqlite3_result_int(context, matcher != nullptr && whole && matcher->matches_text(ObjectId::from_bytes(bytes).hex()));
}

/// The parsed body of a row; parsed once even when several tests of one row ask for it.
const store::Document& parsed(store_sql::Scan& scan, sqlite3_value* row, sqlite3_value* body) {
  const std::int64_t id = sqlite3_value_int64(row);
  if (scan.parsed_row != id) {
    scan.parsed_row = 0;
    scan.parsed.body = std::move(json::parse_trusted(text_of(body)).as_object());
    scan.parsed_row = id;
  }
  return scan.parsed;
}

/// body_matches(matcher, row, body)
void body_matches(sqlite3_context* context, int, sqlite3_value** args) {
  store_sql::Scan& scan = scan_of(context);
  const store::Matcher* matcher = matcher_of(scan, args[0]);
  try {
    const bool may = matcher != nullptr && matcher->may_match(text_of(args[2]));
    sqlite3_result_int(context, may && matcher->matches(parsed(scan, args[1], args[2])));
  } catch (const std::exception&) {
    sqlite3_result_error_code(context, SQLITE_CORRUPT);
  }
}

/// keep(row): an aggregate that notes the first rows of a count, so that a short result need not be looked for twice.
void keep_step(sqlite3_context* context, int, sqlite3_value** args) {
  store_sql::Scan& scan = scan_of(context);
  if (scan.kept.size() < scan.keep) scan.kept.push_back(sqlite3_value_int64(args[0]));
}
void keep_final(sqlite3_context* context) { sqlite3_result_null(context); }

/// sort_key(path, row, body): the scalar at the path in its own type.
void sort_key(sqlite3_context* context, int, sqlite3_value** args) {
  try {
    const json::Value* value = json::find(parsed(scan_of(context), args[1], args[2]).body, text_of(args[0]));
    if (value == nullptr || value->is_null() || value->is_structured()) return sqlite3_result_null(context);
    if (value->is_number()) return sqlite3_result_double(context, value->to_number<double>());
    const std::string text = json::scalar_text(*value);
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::exception&) {
    sqlite3_result_error_code(context, SQLITE_CORRUPT);
  }
}

}  // namespace

void Connection::add_functions() {
  const auto add = [this](const char* name, int args, void (*function)(sqlite3_context*, int, sqlite3_value**)) {
    sqlite3_create_function_v2(db_, name, args, SQLITE_UTF8 | SQLITE_DIRECTONLY, static_cast<store_sql::Session*>(this),
                               function, nullptr, nullptr, nullptr);
  };
  add("sees", 1, sees);
  add("marked", 1, marked);
  add("text_matches", 2, text_matches);
  add("time_matches", 2, time_matches);
  add("id_matches", 2, id_matches);
  add("body_matches", 3, body_matches);
  add("sort_key", 3, sort_key);
  sqlite3_create_function_v2(db_, "keep", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, static_cast<store_sql::Session*>(this),
                             nullptr, keep_step, keep_final, nullptr);
}

}  // namespace maestro::store_sqlite
