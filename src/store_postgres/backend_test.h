// A store on a database of its own in a PostgreSQL server that the tests start (or that MAESTRO_TEST_POSTGRES names).
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "store/conformance/suite.h"
#include "store_postgres/connection.h"
#include "store_postgres/store.h"
#include "store_sql/store.h"

namespace maestro::store_postgres {

class Server {
 public:
  /// Started at the first call, ended with the program.
  static Server& get() {
    static Server server;
    return server;
  }
  std::string url(const std::string& database) const {
    std::string out = base_;
    const auto at = out.find("/postgres?");
    return at == std::string::npos ? out : out.replace(at + 1, 8, database);
  }
  void run(const std::string& sql) const {
    const Context context;
    store::must(store::must(Connection::open(base_, context))->execute(sql));
  }
  /// A new database with the schema in it already.
  std::string make_database() {
    if (made_ == 0) {
      run("CREATE DATABASE maestro_template");
      store::must(open({.url = url("maestro_template"), .connections = 1, .clock = nullptr}));
    }
    std::string name = fmt::format("maestro_test_{}", ++made_);
    run(fmt::format("CREATE DATABASE {} TEMPLATE maestro_template", name));
    return name;
  }
  std::string make_empty_database() {
    std::string name = fmt::format("maestro_empty_{}", ++made_empty_);
    run("CREATE DATABASE " + name);
    return name;
  }
  void drop(const std::string& name) const { run(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)); }

 private:
  Server() {
    if (const char* given = std::getenv("MAESTRO_TEST_POSTGRES")) {  // NOLINT(concurrency-mt-unsafe)
      base_ = given;
      return;
    }
    // The server ends when its standard input does, which is ours: keep a pipe open until the program ends.
    int to_child[2], from_child[2];
    if (::pipe(to_child) != 0 || ::pipe(from_child) != 0) throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(to_child[0], 0);
      ::dup2(from_child[1], 1);
      ::close(to_child[1]);
      ::close(from_child[0]);
      ::execl("/usr/bin/python3", "python3", MAESTRO_SOURCE_DIR "/tools/postgres.py", nullptr);
      ::_exit(127);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    stdin_ = to_child[1];
    child_ = child;
    FILE* out = ::fdopen(from_child[0], "r");
    char line[1024] = {};
    if (out == nullptr || std::fgets(line, sizeof line, out) == nullptr)
      throw std::runtime_error("no PostgreSQL server");
    base_ = std::string(line);
    base_.erase(base_.find_last_not_of("\r\n") + 1);
    std::fclose(out);
  }
  ~Server() {
    if (child_ == 0) return;
    ::close(stdin_);
    int status = 0;
    ::waitpid(child_, &status, 0);
  }

  std::string base_;
  int stdin_ = -1;
  pid_t child_ = 0;
  int made_ = 0, made_empty_ = 0;
};

class DatabaseBackend final : public store::Backend {
 public:
  explicit DatabaseBackend(const Clock& clock)
      : clock_(clock),
        name_(Server::get().make_database()),
        store_(store::must(open({.url = Server::get().url(name_), .connections = 8, .clock = &clock}))) {}
  ~DatabaseBackend() override {
    other_.reset();
    store_.reset();
    Server::get().drop(name_);
  }
  store::Store& store() override { return *store_; }
  store::Store& other() override {
    if (!other_) other_ = store::must(open({.url = Server::get().url(name_), .connections = 8, .clock = &clock_}));
    return *other_;
  }
  std::vector<std::string> check() override { return store::must(store_sql::check(*store_, {})); }

 private:
  const Clock& clock_;
  std::string name_;
  std::unique_ptr<store::Store> store_, other_;
};

inline store::Maker maker() {
  return {"postgres", [](const Clock& clock) -> std::unique_ptr<store::Backend> {
            return std::make_unique<DatabaseBackend>(clock);
          }};
}

}  // namespace maestro::store_postgres
