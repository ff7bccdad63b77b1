// Depot: a store taken as a whole, without serving it: what check, backup, restore, copy and migrate stand on.
#pragma once

#include "store_sql/catalog.h"

namespace maestro::store_sql {

/// Hears how far a copy has come: what it is at, and how much of that is done.
using Progress = std::function<void(std::string_view what, std::int64_t done)>;

/// Not thread-safe. Nothing here brings a schema up to date.
class Depot {
 public:
  virtual ~Depot() = default;

  /// One instant of the whole, beside whatever runs. kNotFound when there is no database.
  virtual Result<std::unique_ptr<Session>> read() = 0;

  enum class Hold {
    kSchema,  ///< no other process changes the schema meanwhile; PostgreSQL: the session sees one instant
    kWrites,  ///< no other process writes meanwhile; the session may
  };
  using Body = std::function<Result<void>(Session&)>;
  /// Runs `body` alone. A SQLite file has one process at a time: kConflict when there is another.
  virtual Result<void> hold(Hold hold, const Body& body) = 0;

  /// Becomes what `source` sees, schema included. Killed at any moment it is the old or the new, never a mix. Refused
  /// (kConflict) while another process has it open, and when it holds documents, unless `filled_too`.
  virtual Result<void> replace(Session& source, bool filled_too, const Progress& progress) = 0;
};

}  // namespace maestro::store_sql
