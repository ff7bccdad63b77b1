#include "moving/dump.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/id.h"
#include "base/text.h"

namespace maestro::moving {
namespace {

namespace fs = std::filesystem;
using Part = Collection::Part;

/// Those that others refer to.
constexpr std::string_view kFirst[] = {"users", "teams", "projects", "datacenters", "connections"};
constexpr std::string_view kHousekeeping[] = {"migrations", "schedulers_control", "sessions"};

const model::Entity* entity_of(std::string collection) {
  std::replace(collection.begin(), collection.end(), '-', '_');  // "flavors-public"
  for (const model::Entity* entity : model::entities())
    if (collection == entity->collection) return entity;
  return nullptr;
}

/// "5b0e...ff_general": the rows of one report.
bool is_result(std::string_view name) {
  const auto mark = name.find('_');
  if (mark == std::string_view::npos || !ObjectId::parse(name.substr(0, mark))) return false;
  return name.substr(mark) == "_general" || name.substr(mark) == "_pivot";
}

/// The collection that a file holds; empty for files that hold none.
std::string collection_of(const std::string& file) {
  for (const std::string_view end : {".bson", ".bson.gz"})
    if (file.ends_with(end)) return text::percent_decode(std::string_view(file).substr(0, file.size() - end.size()));
  return {};
}

struct Database {
  std::string name;
  std::map<std::string, std::string> files;  ///< by collection

  bool has(const std::string& collection) const { return files.contains(collection); }
  /// Audit's own database may have a collection `snapshots` too.
  bool is_main() const {
    return std::any_of(files.begin(), files.end(), [&](const auto& file) {
      return entity_of(file.first) != nullptr && (file.first != "snapshots" || !has("audits"));
    });
  }
  bool is_audit() const { return has("audits"); }
  bool is_reports() const {
    return std::any_of(files.begin(), files.end(), [](const auto& file) { return is_result(file.first); });
  }
};

Result<Database> read_folder(const fs::path& folder, const std::string& name) {
  Database out{.name = name, .files = {}};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored)) continue;
    const std::string collection = collection_of(entry.path().filename().string());
    if (collection.empty()) continue;
    if (!out.files.emplace(collection, entry.path().string()).second)
      return invalid(fmt::format("{} holds {} twice, plain and gzipped: remove one", folder.string(), collection));
  }
  if (error) return unavailable(fmt::format("{} cannot be read: {}", folder.string(), error.message()));
  return out;
}

Result<std::vector<Database>> read_databases(const std::string& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error))
    return invalid(folder + " is a file: a folder is wanted, as mongodump writes it without --archive");
  if (!fs::is_directory(folder, error)) return not_found(folder + " is no folder");
  const fs::path root = fs::weakly_canonical(folder, error);
  std::vector<Database> out;
  TRY_ASSIGN(Database own, read_folder(root, root.filename().string()));
  if (!own.files.empty()) out.push_back(std::move(own));
  std::vector<fs::path> inner;
  for (const auto& entry : fs::directory_iterator(root, error))
    if (entry.is_directory()) inner.push_back(entry.path());
  std::sort(inner.begin(), inner.end());
  for (const fs::path& path : inner) {
    TRY_ASSIGN(Database database, read_folder(path, path.filename().string()));
    if (!database.files.empty()) out.push_back(std::move(database));
  }
  if (out.empty()) return not_found(folder + " holds no *.bson or *.bson.gz: it is no dump that mongodump wrote");
  return out;
}

/// The database of a kind, as named or the only one that can be it; nullptr for none.
Result<const Database*> choose(const std::vector<Database>& all, const std::string& wanted, const char* flag,
                               bool (Database::*is)() const) {
  const Database* found = nullptr;
  for (const Database& one : all) {
    if (!wanted.empty() ? one.name != wanted : !(one.*is)()) continue;
    if (found != nullptr) {
      return invalid(
          fmt::format("The dump holds more than one database that could be meant, {} and {}: name it with {}",
                      found->name, one.name, flag));
    }
    found = &one;
  }
  if (found == nullptr && !wanted.empty()) return not_found(fmt::format("The dump holds no database {}", wanted));
  return found;
}

std::size_t rank(const Collection& one) {
  if (one.part == Part::kAudits) return 100;
  if (one.part != Part::kDocuments) return 200;
  const auto at = std::find(std::begin(kFirst), std::end(kFirst), one.name);
  return static_cast<std::size_t>(at - std::begin(kFirst));
}

}  // namespace

Result<std::vector<Collection>> find_collections(const std::string& folder, const Databases& wanted) {
  TRY_ASSIGN(const auto databases, read_databases(folder));
  TRY_ASSIGN(const Database* main, choose(databases, wanted.main, "--main", &Database::is_main));
  TRY_ASSIGN(const Database* audit, choose(databases, wanted.audit, "--audit", &Database::is_audit));
  TRY_ASSIGN(const Database* reports, choose(databases, wanted.reports, "--reports", &Database::is_reports));
  if (main == nullptr)
    return not_found(folder + " holds no database of Maestro: none has users, servers or any other of its collections");
  std::vector<Collection> out;
  for (const Database& database : databases) {
    for (const auto& [name, path] : database.files) {
      Collection one{.database = database.name, .name = name, .path = path};
      if (&database == main) one.entity = entity_of(name);
      if (one.entity != nullptr && !(name == "snapshots" && &database == audit && &database != main))
        one.part = Part::kDocuments;
      else if (&database == audit && name == "audits")
        one.part = Part::kAudits;
      else if (&database == audit && &database != main && name == "snapshots")
        one.part = Part::kLastStates;
      else if ((&database == reports || &database == main) && is_result(name))
        one.part = Part::kResults;
      else if (name.starts_with("system.") ||
               std::find(std::begin(kHousekeeping), std::end(kHousekeeping), name) != std::end(kHousekeeping))
        one.part = Part::kNotNeeded;
      out.push_back(std::move(one));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Collection& a, const Collection& b) { return rank(a) < rank(b); });
  return out;
}

}  // namespace maestro::moving
