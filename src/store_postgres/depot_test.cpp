// Whole databases: from a file into PostgreSQL and back, replacing all or nothing, checks and repairs.
#include "store_postgres/depot.h"

#include <filesystem>
#include <thread>

#include "store/conformance/estate.h"
#include "store_postgres/backend_test.h"
#include "store_sql/check.h"
#include "store_sql/dump_test.h"
#include "store_sqlite/connection.h"
#include "store_sqlite/file.h"
#include "store_sqlite/store.h"

namespace maestro::store_postgres {
namespace {

using store::must;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const store_sql::Progress kQuiet = [](std::string_view, std::int64_t) {};

class PostgresDepot : public testing::Test {
 protected:
  PostgresDepot() : clock(from_ms(1'700'000'000'000)), name(Server::get().make_empty_database()) {
    std::string made = std::filesystem::temp_directory_path() / "maestro-depot-XXXXXX";
    folder = ::mkdtemp(made.data());
  }
  ~PostgresDepot() override {
    Server::get().drop(name);
    std::filesystem::remove_all(folder);
  }
  std::string url() const { return Server::get().url(name); }
  std::string file(const char* which) const { return folder / which; }
  std::unique_ptr<store::Store> open_store() { return must(open({.url = url(), .connections = 6, .clock = &clock})); }
  void run(const std::string& sql) const { must(must(Connection::open(url(), Context()))->execute(sql)); }
  std::vector<std::string> dump() const { return store_sql::dump(*open_depot(url())); }
  static std::vector<std::string> dump(const std::string& path) {
    return store_sql::dump(*store_sqlite::open_depot(path));
  }
  void make_file(const std::string& path, bool with_estate = true) {
    const auto store = must(store_sqlite::open({.path = path, .clock = &clock}));
    if (with_estate) make_estate(*store, clock);
  }
  Result<void> replace(const std::string& path, bool filled_too = false) {
    return open_depot(url())->replace(*must(store_sqlite::open_to_read(path)), filled_too, kQuiet);
  }
  std::vector<std::string> problems() const {
    const auto session = must(open_depot(url())->read());
    const auto tables = must(store_sql::read_tables(*session));
    std::vector<std::string> out;
    for (const auto& problem : must(store_sql::find_problems(*session, tables))) out.push_back(problem.words);
    return out;
  }
  void repair() const {
    must(open_depot(url())->hold(store_sql::Depot::Hold::kWrites, [&](store_sql::Session& session) -> Result<void> {
      const auto tables = must(store_sql::read_tables(session));
      const auto found = must(store_sql::find_problems(session, tables));
      must(store_sql::mend(session, tables, found));
      return {};
    }));
  }

  FakeClock clock;
  std::string name;
  std::filesystem::path folder;
};

TEST_F(PostgresDepot, EveryRowComesBackFromARoundTrip) {
  make_file(file("a"));
  must(replace(file("a")));
  EXPECT_EQ(dump(), dump(file("a")));
  must(store_sqlite::open_depot(file("b"))->replace(*must(open_depot(url())->read()), false, kQuiet));
  EXPECT_EQ(dump(file("b")), dump(file("a")));
  EXPECT_EQ(store_sql::numbers(*store_sqlite::open_depot(file("b"))),
            store_sql::numbers(*store_sqlite::open_depot(file("a"))));
  // From PostgreSQL to PostgreSQL.
  const std::string second = Server::get().make_empty_database();
  const auto other = open_depot(Server::get().url(second));
  must(other->replace(*must(open_depot(url())->read()), false, kQuiet));
  EXPECT_EQ(store_sql::dump(*other), dump());
  EXPECT_EQ(store_sql::numbers(*other), store_sql::numbers(*open_depot(url())));
  Server::get().drop(second);
}

TEST_F(PostgresDepot, WhatCameInIsAStoreThatGoesOn) {
  make_file(file("a"));
  must(replace(file("a")));
  {
    const auto store = open_store();
    EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
    make_estate(*store, clock, 5);  // its numbers go on beyond those that came in
    EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
  }
  const auto path = file("b");
  must(store_sqlite::write_file(*must(open_depot(url())->read()), path, path + ".partial", false, kQuiet));
  EXPECT_EQ(dump(path), dump());
  const auto store = must(store_sqlite::open({.path = path, .clock = &clock}));
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
  make_estate(*store, clock, 5);
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
}

TEST_F(PostgresDepot, TextsThatItCannotStoreAreMarked) {
  make_file(file("a"), false);
  {
    const auto store = must(store_sqlite::open({.path = file("a"), .clock = &clock}));
    must(store->write({}, store::Store::Priority::kBulk, [&](store::Transaction& transaction) -> Result<void> {
      TRY(store->vault().set_value(transaction, "zero", std::string_view("a\0b", 3)));
      TRY(store->vault().set_value(transaction, "broken", "a\xff\xc3(\xe2\x82\xac\xf0\x9f"));
      return store->vault().set_value(transaction, "good", "\xf0\x9f\x98\x80 ä");
    }));
  }
  must(replace(file("a")));
  const auto store = open_store();
  const Context context;
  EXPECT_EQ(must(store->vault().value(context, "zero")),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(must(store->vault().value(context, "broken")),
            "a\xEF\xBF\xBD\xEF\xBF\xBD(\xe2\x82\xac\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(must(store->vault().value(context, "good")), "\xf0\x9f\x98\x80 ä");
}

TEST_F(PostgresDepot, ReplacesAllOrNothing) {
  make_file(file("a"));
  make_file(file("b"));
  must(replace(file("a")));
  const auto refused = replace(file("b"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("holds documents"));
  // A source with a row in the middle that the target does not take.
  make_file(file("c"));
  for (const char* sql :
       {"PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = replace(sql, 'at INTEGER NOT NULL', "
        "'at INTEGER') WHERE name = 'history'",
        "UPDATE history SET at = NULL WHERE id = 50"}) {
    must(must(store_sqlite::Connection::open(file("c"), store_sqlite::Connection::Mode::kWrite, 2048))->execute(sql));
  }
  EXPECT_FALSE(replace(file("c"), true).ok());
  EXPECT_EQ(dump(), dump(file("a")));
  must(replace(file("b"), true));
  EXPECT_EQ(dump(), dump(file("b")));
  // Also what a newer program has made goes.
  run("CREATE TABLE news (id BIGINT); UPDATE maestro_schema SET version = 999");
  EXPECT_FALSE(replace(file("a")).ok());
  must(replace(file("a"), true));
  EXPECT_EQ(dump(), dump(file("a")));
}

TEST_F(PostgresDepot, IsNotReplacedUnderARunningProcess) {
  make_file(file("a"));
  const auto store = open_store();
  const auto refused = replace(file("a"), true);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("in use"));
}

TEST_F(PostgresDepot, ASnapshotIsOneInstant) {
  const auto store = open_store();
  make_estate(*store, clock, 4);
  const auto session = must(open_depot(url())->read());
  const auto before = store_sql::dump(*session);
  make_estate(*store, clock, 4);
  EXPECT_EQ(store_sql::dump(*session), before);
  EXPECT_NE(dump(), before);
}

TEST_F(PostgresDepot, RepairMakesAgainWhatIsDerivedBesideAWriter) {
  const auto store = open_store();
  make_estate(*store, clock);
  const auto good = dump();
  EXPECT_THAT(problems(), IsEmpty());
  const std::pair<const char*, const char*> breakages[] = {
      {"UPDATE cnt SET n = n + 1", "servers: counts that differ from the rows"},
      {"DELETE FROM facet", "servers: counts of status that differ from the rows"},
      {"UPDATE e_servers SET c_name = 'x', c_cpu = NULL", "servers: rows that differ from their bodies"},
      {"UPDATE kind SET odd = 0", "servers: columns count as exact that are not"},
      {"DELETE FROM acl_entry", "access entries that differ from their sets"},
      {"SELECT setval(pg_get_serial_sequence('history', 'id'), 1)", "history: its next number is taken already"},
      {"DROP INDEX history_row", "history: index history_row is missing"},
      {"DROP INDEX i_servers_c_name", "servers: index i_servers_c_name is missing or not as declared"},
      {"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i_servers_c_name'::regclass",
       "index i_servers_c_name is not valid"},
      {"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'history_row'::regclass",
       "index history_row is not valid"},
  };
  std::atomic<bool> stop = false;
  for (const auto& [sql, words] : breakages) {
    SCOPED_TRACE(sql);
    run(sql);
    EXPECT_THAT(problems(), Contains(HasSubstr(words)));
    stop = false;
    std::jthread writer([&] {
      while (!stop) {
        must(store->write({}, store::Store::Priority::kInteractive, [&](store::Transaction& transaction) {
          return store->vault().set_value(transaction, "key_id", "0123abcd");
        }));
      }
    });
    repair();
    stop = true;
    writer.join();
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_EQ(dump(), good);
  }
}

}  // namespace
}  // namespace maestro::store_postgres
