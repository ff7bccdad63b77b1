// What is SQLite's own: the file, its locks and schema, query plans, and a process that dies.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_sqlite/backend_test.h"

namespace maestro::store_sqlite {
namespace {

using store::must;
using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const model::Entity& servers() { return *model::find_entity("servers"); }

store::Document server(int seed) {
  store::Document document;
  document.entity = &servers();
  document.created = document.updated = from_ms(seed);
  document.body = {
      {"name", fmt::format("web-{}", seed)}, {"status", seed % 2 == 0 ? "Active" : "Stopped"}, {"cpu", seed % 8}};
  return document;
}

void fill(store::Store& store, int from, int to) {
  must(store.write({}, store::Store::Priority::kBulk, [&](store::Transaction& transaction) -> Result<void> {
    for (int i = from; i < to; ++i) {
      store::Document document = server(i);
      TRY(store.documents().insert(transaction, document, {"create", {}}));
    }
    return {};
  }));
}

void run_sql(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  char* message = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
      << (message == nullptr ? "" : message);
  sqlite3_free(message);
  sqlite3_close(db);
}

store::ListSpec everything() {
  store::ListSpec spec;
  spec.entity = &servers();
  spec.viewer.everything = true;
  return spec;
}

TEST(SqliteFile, IsReadableByItsOwnerOnly) {
  const Folder folder;
  const auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 3);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder.file() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST(SqliteFile, ServesOneProcessAtATime) {
  const Folder folder;
  auto store = must(open({.path = folder.file()}));
  const auto second = open({.path = folder.file()});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_EQ(second.error().message, "The database maestro.db is already in use by another Maestro process");
  store.reset();
  EXPECT_TRUE(open({.path = folder.file()}).ok());
}

TEST(SqliteFile, RefusesWhatItDoesNotKnow) {
  const Folder folder;
  must(open({.path = folder.file()}));
  run_sql(folder.file(), "PRAGMA user_version=999");
  const auto newer = open({.path = folder.file()});
  ASSERT_FALSE(newer.ok());
  EXPECT_THAT(newer.error().message, HasSubstr("newer version of Maestro"));
  const Folder other;
  run_sql(other.file(), "CREATE TABLE diary (day TEXT)");
  const auto foreign = open({.path = other.file()});
  ASSERT_FALSE(foreign.ok());
  EXPECT_THAT(foreign.error().message, HasSubstr("not a Maestro database"));
  const auto nowhere = open({.path = folder.file() + "/no/such/folder.db"});
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.error().message, Not(HasSubstr(folder.file())));
}

TEST(SqliteFile, DocumentsOutliveTheProcess) {
  const Folder folder;
  must(open({.path = folder.file()})).reset();
  auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 20);
  store.reset();
  store = must(open({.path = folder.file()}));
  EXPECT_EQ(must(store->documents().count({}, everything())), 20);
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
}

TEST(SqliteFile, FollowsTheDeclarations) {
  const Folder folder;
  auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 50);
  store.reset();
  // As a release with other declarations would have left it: a column fewer, one more, and a different index.
  run_sql(folder.file(),
          "DROP INDEX i_servers_c_status; DROP INDEX i_servers_c_name;"
          "ALTER TABLE e_servers ADD COLUMN c_old TEXT; CREATE INDEX i_servers_c_old ON e_servers (c_old);"
          "CREATE INDEX i_servers_c_name ON e_servers (c_name);"
          "UPDATE e_servers SET c_cpu = NULL; UPDATE doc SET list_json = '{}'; UPDATE kind SET columns = 'old', list = "
          "'old'");
  store = must(open({.path = folder.file()}));
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
  auto spec = everything();
  spec.sort = "cpu";
  EXPECT_THAT(must(store_sql::explain(*store, {}, spec)), Each(HasSubstr("COVERING INDEX i_servers_c_cpu")));
  spec.sort = "name";
  EXPECT_THAT(must(store_sql::explain(*store, {}, spec)), Each(HasSubstr("COVERING INDEX i_servers_c_name")));
}

TEST(SqliteFile, CheckFindsWhatIsWrong) {
  const Folder folder;
  auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 10);
  store.reset();
  run_sql(folder.file(),
          "DELETE FROM doc WHERE id = 3; UPDATE cnt SET n = n + 1; UPDATE e_servers SET c_name = 'x' WHERE id = 5");
  store = must(open({.path = folder.file()}));
  const auto found = must(store_sql::check(*store, {}));
  EXPECT_THAT(found, testing::Contains("servers: rows without a body: 1"));
  EXPECT_THAT(found, testing::Contains("servers: counts that differ from the rows: 1"));
  EXPECT_THAT(found, testing::Contains("servers: rows that differ from their bodies: 1"));
}

/// Every sort on an index walks that index: nothing is sorted, no body is read, before the page is full.
TEST(SqlitePlan, IndexedListsNeitherSortNorReadBodies) {
  const Folder folder;
  const auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 200);
  const Context context;
  for (const model::Entity* entity : model::entities()) {
    std::vector<std::string> sorts = {"updated_at", "created_at", "_id"};
    for (const store::Column& column : store::columns(*entity)) sorts.push_back(column.path);
    for (const std::string& sort : sorts) {
      for (const bool descending : {false, true}) {
        store::ListSpec spec = everything();
        spec.entity = entity;
        spec.sort = sort;
        spec.descending = descending;
        spec.limit = 3;
        SCOPED_TRACE(fmt::format("{} by {}", entity->name, sort));
        const auto clean = [&] {
          for (const std::string& line : must(store_sql::explain(*store, context, spec))) {
            EXPECT_THAT(line, Not(HasSubstr("TEMP B-TREE")));
            EXPECT_THAT(line, Not(HasSubstr(" doc")));
            EXPECT_THAT(line, AnyOf(HasSubstr("INDEX i_"), AnyOf("CO-ROUTINE x", "SCAN x")));
          }
        };
        clean();
        if (const auto page = must(store->documents().list(context, spec)); !page.next.empty()) {
          spec.cursor = page.next;
          clean();
          spec.cursor.clear();
        }
        for (const store::Column& column : store::columns(*entity)) {
          spec.filter.kind = store::Filter::Kind::kLeaf;
          spec.filter.leaf = {column.path, store::Condition::Op::kEq, {json::Value("Active")}};
          clean();
        }
      }
    }
  }
}

TEST(SqlitePlan, EqualitiesAreCountedInTheirIndex) {
  const Folder folder;
  const auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 200);
  auto spec = everything();
  spec.limit = 0;
  spec.filter.kind = store::Filter::Kind::kLeaf;
  for (const store::Column& column : store::columns(servers())) {
    const json::Value value = column.kind == store::Column::Kind::kNumber ? json::Value(3) : json::Value("Active");
    spec.filter.leaf = {column.path, store::Condition::Op::kEq, {value}};
    const auto plans = must(store_sql::explain(*store, {}, spec));
    EXPECT_THAT(plans, Each(AnyOf(HasSubstr("USING COVERING INDEX"), "CO-ROUTINE x", "SCAN x"))) << column.path;
    if (column.index != model::Index::kEq) {
      EXPECT_THAT(plans, testing::Contains(HasSubstr(column.name))) << column.path;
    }
  }
}

TEST(SqliteLog, DoesNotGrowUnderConstantReaders) {
  const Folder folder;
  const auto store = must(open({.path = folder.file()}));
  fill(*store, 0, 100);
  std::atomic<bool> stop = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) (void)must(store->documents().list({}, everything()));
    });
  }
  std::uintmax_t largest = 0;
  const std::string padding(60'000, 'x');
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (int i = 0; i < 120 && std::chrono::steady_clock::now() < until; ++i) {  // some 400 MB of pages
    must(store->write({}, store::Store::Priority::kBulk, [&](store::Transaction& transaction) -> Result<void> {
      for (int k = 0; k < 50; ++k) TRY(store->vault().set_value(transaction, fmt::format("{}-{}", i % 4, k), padding));
      return {};
    }));
    largest = std::max(largest, std::filesystem::file_size(folder.file() + "-wal"));
  }
  stop = true;
  readers.clear();
  EXPECT_LT(largest, std::uintmax_t{250} << 20);
}

#if !defined(__SANITIZE_THREAD__)
/// Children of one parent would all generate the same ids.
ObjectId own_id(int number) {
  const std::array<int, 3> bytes = {static_cast<int>(::getpid()), number, 1};
  return ObjectId::from_bytes(bytes.data());
}

/// A child writes without pause and is killed at a random moment; what it had committed is whole, and nothing else is
/// there.
TEST(SqliteFile, SurvivesAKillAtAnyMoment) {
  const Folder folder;
  must(open({.path = folder.file()})).reset();
  std::mt19937 random(42);
  std::int64_t before = 0;
  for (int round = 0; round < 10; ++round) {
    int acknowledged[2];
    ASSERT_EQ(::pipe2(acknowledged, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = open({.path = folder.file()});
      for (int i = 0; store.ok(); ++i) {
        const auto done =
            (*store)->write({}, store::Store::Priority::kBulk, [&](store::Transaction& transaction) -> Result<void> {
              for (int k = 0; k < 10; ++k) {
                store::Document document = server(i * 10 + k);
                document.id = own_id(i * 10 + k);
                TRY_ASSIGN(document.access,
                           (*store)->documents().intern(transaction, {{{Principal::Kind::kUser, document.id}, 7, {}}}));
                TRY((*store)->documents().insert(transaction, document, {"create", {}}));
                if (k % 3 != 0) continue;
                store::Document gone = document;
                gone.active = false;
                TRY((*store)->documents().update(transaction, document, gone, {"delete", {}}));
              }
              return {};
            });
        if (!done.ok() || ::write(acknowledged[1], "x", 1) != 1) break;
      }
      ::_exit(1);
    }
    ::close(acknowledged[1]);
    char byte = 0;
    std::int64_t transactions = ::read(acknowledged[0], &byte, 1);  // it has begun
    ::usleep(static_cast<useconds_t>(random() % 150'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    for (ssize_t n = 0; (n = ::read(acknowledged[0], &byte, 1)) > 0;) transactions += n;
    ::close(acknowledged[0]);

    const auto store = must(open({.path = folder.file()}));
    EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
    auto spec = everything();
    spec.active = std::nullopt;
    const std::int64_t rows = must(store->documents().count({}, spec));
    EXPECT_EQ(rows % 10, 0);
    // The last commit may have been cut off before it was acknowledged.
    EXPECT_GE(rows - before, transactions * 10);
    EXPECT_LE(rows - before, transactions * 10 + 10);
    before = rows;
  }
}
#endif

}  // namespace
}  // namespace maestro::store_sqlite
