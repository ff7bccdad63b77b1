// Whole databases as files: backups, what is refused as one, replacing one by another, checks and repairs.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "store/conformance/estate.h"
#include "store_sql/check.h"
#include "store_sql/dump_test.h"
#include "store_sqlite/backend_test.h"
#include "store_sqlite/connection.h"
#include "store_sqlite/file.h"

namespace maestro::store_sqlite {
namespace {

using store::must;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const store_sql::Progress kQuiet = [](std::string_view, std::int64_t) {};

class SqliteDepot : public testing::Test {
 protected:
  SqliteDepot() : clock(from_ms(1'700'000'000'000)) {}
  std::unique_ptr<store::Store> open_store(const std::string& path) {
    return must(open({.path = path, .clock = &clock}));
  }
  void fill(const std::string& path) { make_estate(*open_store(path), clock); }
  static void run(const std::string& path, const std::string& sql) {
    const auto connection = must(Connection::open(path, Connection::Mode::kWrite, 2048));
    must(connection->execute(sql));
  }
  static std::vector<std::string> dump(const std::string& path) { return store_sql::dump(*open_depot(path)); }
  static Result<void> backup(const std::string& from, const std::string& to, bool overwrite = false) {
    return write_file(*must(open_to_read(from)), to, to + ".partial", overwrite, kQuiet);
  }
  static std::vector<std::string> repair(const std::string& path) {
    std::vector<std::string> left;
    must(open_depot(path)->hold(store_sql::Depot::Hold::kWrites, [&](store_sql::Session& session) -> Result<void> {
      auto tables = must(store_sql::read_tables(session));
      const auto problems = must(store_sql::find_problems(session, tables));
      must(store_sql::mend(session, tables, problems));
      tables = must(store_sql::read_tables(session));
      for (const auto& problem : must(store_sql::find_problems(session, tables))) left.push_back(problem.words);
      return {};
    }));
    return left;
  }
  static std::vector<std::string> problems(const std::string& path) {
    const auto session = must(open_to_read(path));
    const auto tables = must(store_sql::read_tables(*session));
    std::vector<std::string> out;
    for (const auto& problem : must(store_sql::find_problems(*session, tables))) out.push_back(problem.words);
    return out;
  }

  FakeClock clock;
  const Folder folder, other;
};

TEST_F(SqliteDepot, ABackupIsOneWholeFile) {
  const auto store = open_store(folder.file());
  make_estate(*store, clock);
  must(backup(folder.file(), other.file()));  // while it is open
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
  struct stat status {};
  ASSERT_EQ(::stat(other.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  for (const char* suffix : {"-wal", "-shm", "-journal", ".partial"})
    EXPECT_FALSE(std::filesystem::exists(other.file() + suffix)) << suffix;
  must(open_verified(other.file()));
  EXPECT_THAT(problems(other.file()), IsEmpty());
}

TEST_F(SqliteDepot, ABackupOverwritesOnlyWhenTold) {
  fill(folder.file());
  must(backup(folder.file(), other.file()));
  const auto refused = backup(folder.file(), other.file());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kConflict);
  // What a killed one has left is in nobody's way.
  std::ofstream(other.file() + ".partial") << "half";
  must(backup(folder.file(), other.file(), true));
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
}

TEST_F(SqliteDepot, ABackupShowsOneInstant) {
  const auto store = open_store(folder.file());
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    // Two settings that always agree.
    for (int i = 0; !stop; ++i) {
      must(store->write({}, store::Store::Priority::kBulk, [&](store::Transaction& transaction) -> Result<void> {
        const std::string value = std::to_string(i) + std::string(20'000, 'x');
        TRY(store->vault().set_value(transaction, "a", value));
        return store->vault().set_value(transaction, fmt::format("z{}", i % 50), value);
      }));
    }
  });
  for (int round = 0; round < 10; ++round) {
    must(backup(folder.file(), other.file(), true));
    const auto session = must(open_verified(other.file()));
    store_sql::Query query = session->query(
        "SELECT count(*) FROM setting a JOIN setting z ON z.value = a.value WHERE a.name = 'a' AND z.name LIKE 'z%'");
    must(query.step());
    store_sql::Query any = session->query("SELECT count(*) FROM setting");
    must(any.step());
    EXPECT_TRUE(any.integer(0) == 0 || query.integer(0) == 1);
  }
  stop = true;
}

TEST_F(SqliteDepot, WhatIsNoBackupIsRefusedInWords) {
  const auto refusal = [](const std::string& path) {
    const auto opened = open_verified(path);
    return opened.ok() ? std::string("accepted") : opened.error().message;
  };
  EXPECT_THAT(refusal(other.file()), HasSubstr("No such file"));
  fill(folder.file());
  must(backup(folder.file(), other.file()));
  const auto size = std::filesystem::file_size(other.file());
  std::filesystem::resize_file(other.file(), size / 2);
  EXPECT_THAT(refusal(other.file()), HasSubstr("damaged"));
  std::filesystem::resize_file(other.file(), 0);
  EXPECT_THAT(refusal(other.file()), HasSubstr("empty"));
  std::ofstream(other.file()) << std::string(5000, 'x');
  EXPECT_THAT(refusal(other.file()), HasSubstr("not a database"));
  std::filesystem::remove(other.file());
  run(other.file(), "CREATE TABLE diary (day TEXT)");
  EXPECT_THAT(refusal(other.file()), HasSubstr("not a Maestro database"));
  const auto store = open_store(folder.file());
  must(store->write({}, store::Store::Priority::kBulk,
                    [&](store::Transaction& transaction) { return store->vault().set_value(transaction, "a", "b"); }));
  EXPECT_THAT(refusal(folder.file()), HasSubstr("in use"));
}

TEST_F(SqliteDepot, ReplacesOnlyWhatMayBeReplaced) {
  fill(folder.file());
  const auto source = must(open_to_read(folder.file()));
  must(open_depot(other.file())->replace(*source, false, kQuiet));
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
  const auto again = open_depot(other.file())->replace(*source, false, kQuiet);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kConflict);

  auto store = open_store(other.file());
  must(store->write({}, store::Store::Priority::kBulk,
                    [&](store::Transaction& transaction) { return store->vault().set_value(transaction, "a", "b"); }));
  const auto used = open_depot(other.file())->replace(*source, true, kQuiet);
  ASSERT_FALSE(used.ok());
  EXPECT_THAT(used.error().message, HasSubstr("in use"));
  store.reset();
  must(open_depot(other.file())->replace(*source, true, kQuiet));
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
  for (const char* suffix : {"-wal", "-shm", ".restore", ".before-restore"})
    EXPECT_FALSE(std::filesystem::exists(other.file() + suffix)) << suffix;

  std::filesystem::remove(other.file());
  run(other.file(), "CREATE TABLE diary (day TEXT)");
  EXPECT_FALSE(open_depot(other.file())->replace(*source, true, kQuiet).ok());
  // A damaged one is what restores are for; it is kept.
  std::filesystem::remove(other.file());
  std::ofstream(other.file()) << std::string(5000, 'x');
  EXPECT_FALSE(open_depot(other.file())->replace(*source, false, kQuiet).ok());
  must(open_depot(other.file())->replace(*source, true, kQuiet));
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
  EXPECT_TRUE(std::filesystem::exists(other.file() + ".before-restore"));
}

TEST_F(SqliteDepot, TheLogOfTheOldIsNotReadIntoTheNew) {
  fill(folder.file());
  fill(other.file());
  // As a killed process leaves it: with its log.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto connection = Connection::open(other.file(), Connection::Mode::kWrite, 2048);
    if (connection.ok()) (void)(*connection)->execute("UPDATE doc SET body = '{\"name\":\"old\"}'");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_GT(std::filesystem::file_size(other.file() + "-wal"), 0U);
  must(open_depot(other.file())->replace(*must(open_to_read(folder.file())), true, kQuiet));
  EXPECT_EQ(dump(other.file()), dump(folder.file()));
}

TEST_F(SqliteDepot, RepairMakesAgainWhatIsDerived) {
  fill(folder.file());
  const auto good = dump(folder.file());
  EXPECT_THAT(problems(folder.file()), IsEmpty());
  const std::pair<const char*, const char*> breakages[] = {
      {"UPDATE cnt SET n = n + 1", "servers: counts that differ from the rows"},
      {"DELETE FROM cnt", "servers: counts that differ from the rows"},
      {"UPDATE facet SET n = n + 1", "servers: counts of status that differ from the rows"},
      {"DELETE FROM facet", "servers: counts of status that differ from the rows"},
      {"UPDATE e_servers SET c_name = 'x', c_cpu = NULL", "servers: rows that differ from their bodies"},
      {"UPDATE e_servers SET odd = 0", "servers: rows that differ from their bodies"},
      {"UPDATE kind SET odd = 0", "servers: columns count as exact that are not"},
      {"UPDATE doc SET list_json = '{}'", "servers: rows that differ from their bodies"},
      {"UPDATE kind SET list = 'other'", "servers: columns or list texts are not as declared"},
      {"UPDATE search SET text = 'wrong', acl = 0", "servers: rows that differ from their bodies"},
      {"DELETE FROM search", "servers: rows that differ from their bodies"},
      {"INSERT INTO search SELECT 999999, kind, acl, active, text FROM search LIMIT 1", "search texts of unknown rows"},
      {"DROP TABLE search_fts", "the index of search texts is missing"},
      {"INSERT INTO search_fts (search_fts) VALUES ('delete-all')", "search texts that are not in their index"},
      {"DELETE FROM address", "addresses that differ from the bodies"},
      {"UPDATE address SET hi = lo || x'00'", "addresses that differ from the bodies"},
      {"UPDATE kind SET search = ''", "servers: columns or list texts are not as declared"},
      {"DELETE FROM acl_entry", "access entries that differ from their sets"},
      {"UPDATE acl_entry SET role = 7", "access entries that differ from their sets"},
      {"UPDATE counter SET value = 1", "revisions beyond the counter"},
      {"DELETE FROM counter", "run changes beyond the counter"},
      {"UPDATE sqlite_sequence SET seq = 0", "history: its next number is taken already"},
      {"DROP INDEX history_row", "history: index history_row is missing"},
      {"DROP INDEX i_servers_c_name", "servers: index i_servers_c_name is missing or not as declared"},
      {"DROP INDEX i_servers_key; CREATE INDEX i_servers_key ON e_servers (key)",
       "servers: index i_servers_key is missing or not as declared"},
  };
  for (const auto& [sql, words] : breakages) {
    SCOPED_TRACE(sql);
    run(folder.file(), sql);
    EXPECT_THAT(problems(folder.file()), Contains(HasSubstr(words)));
    EXPECT_THAT(repair(folder.file()), IsEmpty());
    auto mended = dump(folder.file());
    // Numbers may have gaps.
    const auto gaps = [](const std::string& line) { return line.starts_with("counter "); };
    auto expected = good;
    std::erase_if(mended, gaps);
    std::erase_if(expected, gaps);
    EXPECT_EQ(mended, expected);
    must(backup(folder.file(), other.file(), true));
  }
}

TEST_F(SqliteDepot, RepairLeavesWhatPeopleWrote) {
  fill(folder.file());
  run(folder.file(),
      "UPDATE secret SET document = x'000000000000000000000001' WHERE document = (SELECT min(document) FROM secret);"
      "UPDATE credential SET \"user\" = x'000000000000000000000002' WHERE \"user\" = (SELECT min(\"user\") FROM "
      "credential);"
      "DELETE FROM doc WHERE id = (SELECT max(id) FROM e_servers);"
      "UPDATE acl_set SET entries = replace(entries, ',7,', ',3,') WHERE id = 1;"
      "UPDATE history SET verb = 'create' WHERE id = (SELECT max(id) FROM history);"
      "UPDATE history SET at = at - 100000000 WHERE id = (SELECT max(id) FROM history WHERE verb = 'update')");
  const auto before = dump(folder.file());
  const auto left = repair(folder.file());
  for (const char* words :
       {"secrets of unknown documents: 1", "passwords of unknown users: 1", "rows without a body: 1",
        "history of unknown rows: 1", "access sets that are not what their hash says: 1",
        "creations that are not the first of their document: 1", "history that is older than what came before it: 1"}) {
    EXPECT_THAT(left, Contains(HasSubstr(words)));
  }
  const auto written = [](std::vector<std::string> lines) {
    std::erase_if(lines, [](const std::string& line) {
      const std::string table = line.substr(0, line.find(' '));
      return table == "acl_entry" || table == "cnt" || table == "facet" || table == "search" || table == "address";
    });
    return lines;
  };
  EXPECT_EQ(written(dump(folder.file())), written(before));
}

TEST_F(SqliteDepot, AnotherSchemaIsNotLookedInto) {
  fill(folder.file());
  run(folder.file(), "PRAGMA user_version=999");
  const auto session = must(open_to_read(folder.file()));
  const auto tables = store_sql::read_tables(*session);
  ASSERT_FALSE(tables.ok());
  EXPECT_THAT(tables.error().message, HasSubstr("schema 999"));
  EXPECT_FALSE(must(store_sql::state_of(*session)).empty);
}

}  // namespace
}  // namespace maestro::store_sqlite
