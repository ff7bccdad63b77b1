#include "app/store_commands.h"

#include <filesystem>
#include <ostream>

#include "app/progress_line.h"
#include "app/secrets.h"
#include "auth/keyring.h"
#include "base/log.h"
#include "store_sql/check.h"

namespace maestro::app {
namespace {

using store_sql::Problem;
using store_sql::Session;

constexpr int kRounds = 2;  // what a first repair makes readable, a second look may find wrong

const SystemClock kClock;

std::string size_of(const std::string& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  return error ? "?" : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

Result<std::vector<Problem>> look(Session& session, std::vector<store_sql::Table>& tables) {
  TRY_ASSIGN(tables, store_sql::read_tables(session));
  return store_sql::find_problems(session, tables);
}

void print(std::ostream& out, std::span<const Problem> problems) {
  for (const Problem& problem : problems) out << problem.words << "\n";
}

Result<bool> repair_store(store_sql::Depot& depot, std::ostream& out) {
  bool good = false;
  TRY(depot.hold(store_sql::Depot::Hold::kWrites, [&](Session& session) -> Result<void> {
    std::vector<store_sql::Table> tables;
    TRY_ASSIGN(auto problems, look(session, tables));
    print(out, problems);
    for (int round = 0; round < kRounds && !problems.empty(); ++round) {
      TRY_ASSIGN(const auto done, store_sql::mend(session, tables, problems));
      for (const std::string& words : done) out << "repaired: " << words << "\n";
      TRY_ASSIGN(problems, look(session, tables));
    }
    good = problems.empty();
    if (good) out << "no problems\n";
    for (const Problem& problem : problems) out << "left: " << problem.words << "\n";
    return {};
  }));
  return good;
}

/// The secret of this installation opens what the file holds.
Result<void> expect_key(const Config& config, Session& session, const std::string& file) {
  store_sql::Query query = session.query("SELECT value FROM setting WHERE name = 'key_id'");
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return {};
  const std::string key = query.string(0);
  TRY_ASSIGN(const std::string secret, find_secret(config, "secret-encryption"));
  if (secret.empty()) {
    return invalid(fmt::format(
        "{} was made with encryption key {}, and this installation has none: put the secrets.json of the installation "
        "that it comes from into {}, or set MAESTRO_SECRET_ENCRYPTION",
        file, key, config.text("data")));
  }
  TRY_ASSIGN(const auto keyring, auth::Keyring::from_secret(secret));
  if (keyring.key_id() == key) return {};
  return invalid(fmt::format(
      "{} was made with encryption key {}, this installation has key {}: its stored credentials could not be read. Use "
      "the secrets.json or the MAESTRO_SECRET_ENCRYPTION that belongs to it",
      file, key, keyring.key_id()));
}

/// What copies leave to the opening of a store: the indexes that the declarations ask for.
Result<void> complete(const StoreAddress& address, std::int64_t schema) {
  if (schema != store_sql::newest_schema()) return {};  // stays what it is until somebody migrates it
  TRY(open_store(address, kClock));
  return {};
}

}  // namespace

Result<bool> check_store(const StoreAddress& address, bool repair, std::ostream& out) {
  const auto depot = open_depot(address);
  if (repair) return repair_store(*depot, out);
  TRY_ASSIGN(const auto session, depot->read());
  std::vector<store_sql::Table> tables;
  TRY_ASSIGN(const auto problems, look(*session, tables));
  print(out, problems);
  if (problems.empty()) out << "no problems\n";
  return problems.empty();
}

Result<void> backup_store(const StoreAddress& address, const std::string& file, bool overwrite, std::ostream& out) {
  ProgressLine line("backup");
  TRY_ASSIGN(const auto session, open_depot(address)->read());
  TRY_ASSIGN(const auto state, store_sql::state_of(*session));
  if (state.schema == 0) return not_found(fmt::format("There is nothing in {} to back up", address.shown));
  TRY(write_backup(*session, file, file + ".partial", overwrite, line.hear()));
  out << fmt::format("{} is backed up as {} (schema {}, {}, {})\n", address.shown, file, state.schema, size_of(file),
                     line.took());
  return {};
}

Result<void> restore_store(const Config& config, const StoreAddress& address, const std::string& file, bool replace,
                           std::ostream& out) {
  ProgressLine line("restore");
  TRY_ASSIGN(const auto session, open_backup(file));
  TRY_ASSIGN(const auto state, store_sql::state_of(*session));
  if (state.schema > store_sql::newest_schema()) {
    return invalid(
        fmt::format("{} has schema {}, this program knows {}: it was written by a newer version of Maestro, which can "
                    "restore it",
                    file, state.schema, store_sql::newest_schema()));
  }
  TRY(expect_key(config, *session, file));
  if (address.kind == StoreAddress::Kind::kSqlite) TRY(make_data_folder(config));
  if (auto done = open_depot(address)->replace(*session, replace, line.hear()); !done.ok()) {
    if (done.error().code == Code::kConflict && !replace) done.error().message += "; see --replace";
    return done;
  }
  TRY(complete(address, state.schema));
  out << fmt::format("{} is what {} holds (schema {}, {})\n", address.shown, file, state.schema, line.took());
  return {};
}

Result<void> copy_store(const StoreAddress& from, const StoreAddress& to, std::ostream& out) {
  ProgressLine line("copy");
  TRY_ASSIGN(const auto session, open_depot(from)->read());
  TRY_ASSIGN(const auto state, store_sql::state_of(*session));
  if (state.schema == 0) return not_found(fmt::format("There is nothing in {} to copy", from.shown));
  TRY(open_depot(to)->replace(*session, false, line.hear()));
  TRY(complete(to, state.schema));
  out << fmt::format("{} is what {} held (schema {}, {})\n", to.shown, from.shown, state.schema, line.took());
  return {};
}

Result<std::optional<std::string>> backup_before_migration(const Config& config, const StoreAddress& address,
                                                           const std::string& file) {
  const auto depot = open_depot(address);
  const auto due = [](const store_sql::State& state) {
    return !state.empty && state.schema < store_sql::newest_schema();
  };
  {
    auto session = depot->read();
    if (!session.ok() && session.error().code == Code::kNotFound) return std::optional<std::string>();
    if (!session.ok()) return std::move(session).error();
    TRY_ASSIGN(const auto state, store_sql::state_of(**session));
    if (!due(state)) return std::optional<std::string>();
  }
  std::optional<std::string> written;
  TRY(depot->hold(store_sql::Depot::Hold::kSchema, [&](Session& session) -> Result<void> {
    TRY_ASSIGN(const auto state, store_sql::state_of(session));
    if (!due(state)) return {};
    ProgressLine line("backup before the migration");
    TRY(make_data_folder(config));
    const std::string start =
        fmt::format("{}/backup-before-schema-{}", config.text("data"), store_sql::newest_schema());
    std::string time = to_iso(kClock.now());
    std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
    const std::string path = file.empty() ? fmt::format("{}-{}.db", start, time) : file;
    TRY(write_backup(session, path, (file.empty() ? start : file) + ".partial", false, line.hear()));
    written = path;
    return {};
  }));
  return written;
}

Result<void> migrate_store(const Config& config, const StoreAddress& address, const std::string& backup,
                           std::ostream& out) {
  store_sql::State state;
  {
    auto session = open_depot(address)->read();
    if (!session.ok() && session.error().code != Code::kNotFound) return std::move(session).error();
    if (session.ok()) {
      TRY_ASSIGN(state, store_sql::state_of(**session));
    }
  }
  out << fmt::format("{} has schema {}, this program works on schema {}\n", address.shown, state.schema,
                     store_sql::newest_schema());
  TRY_ASSIGN(const auto written, backup_before_migration(config, address, backup));
  if (written) out << fmt::format("backed up as {}\n", *written) << std::flush;
  if (address.kind == StoreAddress::Kind::kSqlite) TRY(make_data_folder(config));
  TRY(open_store(address, kClock));
  out << (state.schema == store_sql::newest_schema()
              ? std::string("columns and indexes are as declared\n")
              : fmt::format("brought to schema {}\n", store_sql::newest_schema()));
  return {};
}

}  // namespace maestro::app
