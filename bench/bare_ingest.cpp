// bare_ingest: the least that an ingest can cost. Copies every row of a finished database into a new one with the same
// tables and indexes, in transactions of a thousand documents, with the same durability settings. Prints one JSON line.
//
//   bare_ingest SOURCE.db TARGET.db
#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

void check(sqlite3* db, int code, const char* what) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  std::fprintf(stderr, "bare_ingest: %s: %s\n", what, sqlite3_errmsg(db));
  std::exit(1);
}

void run(sqlite3* db, const std::string& sql) {
  check(db, sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), sql.c_str());
}

std::vector<std::string> texts(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  check(db, sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), sql.c_str());
  std::vector<std::string> out;
  while (sqlite3_step(statement) == SQLITE_ROW)
    out.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  sqlite3_finalize(statement);
  return out;
}

/// A table read in key order and written row by row, `share` of it in each transaction.
struct Copy {
  sqlite3_stmt* read = nullptr;
  sqlite3_stmt* write = nullptr;
  std::size_t rows = 0;
  bool done = false;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_ingest SOURCE.db TARGET.db\n");
    return 2;
  }
  sqlite3* source = nullptr;
  sqlite3* target = nullptr;
  check(source, sqlite3_open_v2(argv[1], &source, SQLITE_OPEN_READONLY, nullptr), "open source");
  check(target, sqlite3_open(argv[2], &target), "open target");
  run(target, "PRAGMA journal_mode=WAL");
  run(target, "PRAGMA synchronous=NORMAL");
  run(target, "PRAGMA cache_size=-65536");
  for (const auto& sql :
       texts(source,
             "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type='index'"))
    run(target, sql);

  // The documents decide the number of transactions; every other table is written in step with them.
  const std::size_t documents = std::stoul(texts(source, "SELECT count(*) FROM doc").at(0));
  const std::size_t transactions = documents / 1000 + 1;
  std::vector<Copy> copies;
  for (const auto& name :
       texts(source, "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'")) {
    Copy copy;
    check(source, sqlite3_prepare_v2(source, ("SELECT * FROM \"" + name + "\"").c_str(), -1, &copy.read, nullptr),
          "prepare read");
    std::string marks;
    for (int i = 0; i < sqlite3_column_count(copy.read); ++i) marks += i == 0 ? "?" : ",?";
    check(target,
          sqlite3_prepare_v2(target, ("INSERT OR REPLACE INTO \"" + name + "\" VALUES(" + marks + ")").c_str(), -1,
                             &copy.write, nullptr),
          "prepare write");
    copy.rows = std::stoul(texts(source, "SELECT count(*) FROM \"" + name + "\"").at(0));
    copies.push_back(copy);
  }
  const auto began = std::chrono::steady_clock::now();
  const double cpu_before = cpu_seconds();
  for (std::size_t i = 0; i < transactions; ++i) {
    run(target, "BEGIN IMMEDIATE");
    for (Copy& copy : copies) {
      const std::size_t share = copy.rows / transactions + 1;
      for (std::size_t k = 0; k < share && !copy.done; ++k) {
        if (sqlite3_step(copy.read) != SQLITE_ROW) {
          copy.done = true;
          break;
        }
        for (int c = 0; c < sqlite3_column_count(copy.read); ++c)
          sqlite3_bind_value(copy.write, c + 1, sqlite3_column_value(copy.read, c));
        check(target, sqlite3_step(copy.write), "write");
        sqlite3_reset(copy.write);
      }
    }
    run(target, "COMMIT");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("{\"documents\":%zu,\"seconds\":%.3f,\"cpu_seconds\":%.3f}\n", documents, seconds,
              cpu_seconds() - cpu_before);
  for (Copy& copy : copies) {
    sqlite3_finalize(copy.read);
    sqlite3_finalize(copy.write);
  }
  sqlite3_close(source);
  sqlite3_close(target);
  return 0;
}
