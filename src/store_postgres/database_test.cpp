// What is PostgreSQL's own: the schema, several processes on one database, a server that goes away, a process that
// dies.
#include <thread>

#include "store_postgres/backend_test.h"

namespace maestro::store_postgres {
namespace {

using store::must;
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

store::ListSpec everything() {
  store::ListSpec spec;
  spec.entity = &servers();
  spec.viewer.everything = true;
  spec.active = std::nullopt;
  return spec;
}

class Database {
 public:
  explicit Database(bool empty = false)
      : name_(empty ? Server::get().make_empty_database() : Server::get().make_database()) {}
  ~Database() { Server::get().drop(name_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  std::string url() const { return Server::get().url(name_); }
  Options options() const { return {.url = url(), .connections = 8, .clock = nullptr}; }
  void run(const std::string& sql) const {
    const Context context;
    must(must(Connection::open(url(), context))->execute(sql));
  }

 private:
  std::string name_;
};

TEST(PostgresDatabase, RefusesWhatItDoesNotKnow) {
  const Database database;
  database.run("UPDATE maestro_schema SET version = 999");
  const auto newer = open(database.options());
  ASSERT_FALSE(newer.ok());
  EXPECT_THAT(newer.error().message, HasSubstr("newer version of Maestro"));
  const Database other(true);
  other.run("CREATE TABLE diary (day TEXT)");
  const auto foreign = open(other.options());
  ASSERT_FALSE(foreign.ok());
  EXPECT_THAT(foreign.error().message, HasSubstr("not a Maestro database"));
  const auto nowhere =
      open({.url = "postgresql://nobody:secret-word@127.0.0.1:1/none", .connections = 1, .clock = nullptr});
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, Code::kUnavailable);
  EXPECT_THAT(nowhere.error().message, Not(HasSubstr("secret-word")));
}

TEST(PostgresDatabase, ShowsItsAddressWithoutThePassword) {
  EXPECT_EQ(shown("postgresql://ann:secret@db.example:5433/inventory?sslmode=require"),
            "postgresql://db.example:5433/inventory");
  EXPECT_EQ(shown("postgresql://%zz"), "postgresql");
}

TEST(PostgresDatabase, FollowsTheDeclarations) {
  const Database database;
  auto store = must(open(database.options()));
  fill(*store, 0, 50);
  store.reset();
  // As a release with other declarations would have left it, and an index whose building was cut off.
  database.run(
      "DROP INDEX i_servers_c_status; DROP INDEX i_servers_c_name; ALTER TABLE e_servers ADD COLUMN c_old TEXT;"
      "CREATE INDEX i_servers_c_old ON e_servers (c_old); CREATE INDEX i_servers_c_name ON e_servers (c_name);"
      "UPDATE e_servers SET c_cpu = NULL; UPDATE doc SET list_json = '{}'; UPDATE kind SET columns = 'old', list = "
      "'old'");
  store = must(open(database.options()));
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
  database.run("SELECT 1 / (SELECT count(*) FROM pg_indexes WHERE indexname = 'i_servers_c_status')");
  database.run("SELECT 1 / (1 - (SELECT count(*) FROM information_schema.columns WHERE column_name = 'c_old'))");
}

TEST(PostgresDatabase, CheckFindsWhatIsWrong) {
  const Database database;
  const auto store = must(open(database.options()));
  fill(*store, 0, 10);
  database.run(
      "DELETE FROM doc WHERE id = 3; UPDATE cnt SET n = n + 1; UPDATE e_servers SET c_name = 'x' WHERE id = 5");
  const auto found = must(store_sql::check(*store, {}));
  EXPECT_THAT(found, testing::Contains("servers: rows without a body: 1"));
  EXPECT_THAT(found, testing::Contains("servers: counts that differ from the rows: 1"));
  EXPECT_THAT(found, testing::Contains("servers: rows that differ from their bodies: 1"));
}

TEST(PostgresDatabase, SeveralStoresOpenAtOnceAndLoseNoUpdate) {
  const Database database(true);  // all of them find it without tables
  std::vector<std::unique_ptr<store::Store>> stores(3);
  {
    std::vector<std::jthread> openers;
    for (auto& store : stores) openers.emplace_back([&] { store = must(open(database.options())); });
  }
  store::Document counter = server(0);
  must(stores[0]->write({}, store::Store::Priority::kInteractive, [&](store::Transaction& transaction) {
    return stores[0]->documents().insert(transaction, counter, {"create", {}});
  }));
  {
    std::vector<std::jthread> writers;
    for (const auto& store : stores) {
      for (int thread = 0; thread < 2; ++thread) {
        writers.emplace_back([&store, &counter] {
          for (int i = 0; i < 25; ++i) {
            must(store->write(
                {}, store::Store::Priority::kInteractive, [&](store::Transaction& transaction) -> Result<void> {
                  TRY_ASSIGN(const auto before, store->documents().find(transaction, servers(), counter.id));
                  store::Document after = *before;
                  after.body["memory"] = json::int_or(before->body, "memory") + 1;
                  return store->documents().update(transaction, *before, after, {"update", {}});
                }));
          }
        });
      }
    }
  }
  const auto end = must(stores[1]->documents().find({}, servers(), counter.id));
  EXPECT_EQ(json::int_or(end->body, "memory"), 150);
  const auto history = must(stores[2]->documents().history({}, {.row = end->row, .limit = 1000}));
  EXPECT_EQ(history.size(), 151u);
  EXPECT_THAT(must(store_sql::check(*stores[0], {})), IsEmpty());
}

TEST(PostgresDatabase, GoesOnAfterTheServerHasCutItsConnections) {
  const Database database;
  const auto store = must(open(database.options()));
  fill(*store, 0, 5);
  for (int round = 0; round < 3; ++round) {
    Server::get().run(
        fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database() "
                    "AND pid <> pg_backend_pid() AND application_name = 'maestro'"));
    // count() is a transaction; whatever the server cut before its first statement is opened again.
    EXPECT_EQ(must(store->documents().count({}, everything())), 5 + round);
    fill(*store, 100 + round, 101 + round);
  }
  // In the middle of a transaction: it is lost as a whole, and said to be.
  const auto cut =
      store->write({}, store::Store::Priority::kInteractive, [&](store::Transaction& transaction) -> Result<void> {
        store::Document document = server(7);
        TRY(store->documents().insert(transaction, document, {"create", {}}));
        TRY(store->documents().find(transaction, servers(), document.id));
        Server::get().run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");
        document = server(8);
        return store->documents().insert(transaction, document, {"create", {}});
      });
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, Code::kUnavailable);
  EXPECT_EQ(must(store->documents().count({}, everything())), 8);
  EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
}

TEST(PostgresDatabase, AfterALoadThePlannerKnowsTheTables) {
  const Database database;
  const auto store = must(open(database.options()));
  fill(*store, 0, 2500);
  // The server tells of what a connection has done once a second.
  std::this_thread::sleep_for(Millis(1100));
  fill(*store, 2500, 2501);
  must(store->tend({}));
  const Context context;
  const auto connection = must(Connection::open(database.url(), context));
  store_sql::Query known = connection->query("SELECT reltuples::bigint FROM pg_class WHERE relname = 'e_servers'");
  ASSERT_TRUE(must(known.step()));
  EXPECT_GE(known.integer(0), 2500);
  must(store->tend({}));
}

TEST(PostgresDatabase, AStatementStopsWithItsContext) {
  const Database database;
  std::stop_source stop;
  Context context;
  context.stop = stop.get_token();
  const auto connection = must(Connection::open(database.url(), context));
  connection->watch(&context);
  std::jthread later([&] {
    std::this_thread::sleep_for(Millis(100));
    stop.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto slept = connection->execute("SELECT pg_sleep(30)");
  ASSERT_FALSE(slept.ok());
  EXPECT_EQ(slept.error().code, Code::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
}

#if !defined(__SANITIZE_THREAD__)
/// Children of one parent would all generate the same ids.
ObjectId own_id(int number) {
  const std::array<int, 3> bytes = {static_cast<int>(::getpid()), number, 2};
  return ObjectId::from_bytes(bytes.data());
}

TEST(PostgresDatabase, SurvivesAKillAtAnyMoment) {
  const Database database;
  std::mt19937 random(42);
  std::int64_t before = 0;
  for (int round = 0; round < 6; ++round) {
    int acknowledged[2];
    ASSERT_EQ(::pipe2(acknowledged, 0), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = open(database.options());
      for (int i = 0; store.ok(); ++i) {
        const auto done = (*store)->write(
            {}, store::Store::Priority::kInteractive, [&](store::Transaction& transaction) -> Result<void> {
              for (int k = 0; k < 10; ++k) {
                store::Document document = server(i * 10 + k);
                document.id = own_id(i * 10 + k);
                TRY_ASSIGN(document.access,
                           (*store)->documents().intern(transaction, {{{Principal::Kind::kUser, document.id}, 7, {}}}));
                TRY((*store)->documents().insert(transaction, document, {"create", {}}));
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

    const auto store = must(open(database.options()));
    fill(*store, 0, 10);  // waits until the server has noticed and given the writers' lock free
    EXPECT_THAT(must(store_sql::check(*store, {})), IsEmpty());
    const std::int64_t rows = must(store->documents().count({}, everything())) - 10;
    EXPECT_EQ(rows % 10, 0);
    EXPECT_GE(rows - before, transactions * 10);
    EXPECT_LE(rows - before, transactions * 10 + 10);
    before = rows + 10;
  }
}
#endif

}  // namespace
}  // namespace maestro::store_postgres
