// The core tables, as numbered steps. A step that has been released is never edited: append the next one.
#pragma once

namespace maestro::store_sqlite {

inline constexpr const char* kMigrations[] = {
    R"(
CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, odd INTEGER NOT NULL, columns TEXT NOT NULL, list TEXT NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('rev', 0), ('seq', 0);

CREATE TABLE doc (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, oid BLOB NOT NULL UNIQUE, rev INTEGER NOT NULL,
  list_json TEXT NOT NULL, provenance TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE acl_set (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, entries TEXT NOT NULL);
CREATE TABLE acl_entry (principal BLOB NOT NULL, acl INTEGER NOT NULL, role INTEGER NOT NULL, PRIMARY KEY (principal, acl)) WITHOUT ROWID;
CREATE TABLE cnt (kind INTEGER NOT NULL, acl INTEGER NOT NULL, active INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (kind, acl, active)) WITHOUT ROWID;
CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL, oid BLOB NOT NULL, kind INTEGER NOT NULL,
  at INTEGER NOT NULL, verb TEXT NOT NULL, actor BLOB NOT NULL, actor_name TEXT NOT NULL, run BLOB, changes TEXT NOT NULL);
CREATE INDEX history_row ON history (row, id);
CREATE INDEX history_run ON history (run, id) WHERE run IS NOT NULL;

CREATE TABLE credential (user BLOB PRIMARY KEY, hash TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE secret (document BLOB PRIMARY KEY, key_id TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE run (id INTEGER PRIMARY KEY, oid BLOB NOT NULL UNIQUE, connection BLOB, task TEXT NOT NULL, cause TEXT NOT NULL,
  by BLOB, by_name TEXT NOT NULL, state TEXT NOT NULL, final INTEGER NOT NULL, message TEXT NOT NULL, cancel INTEGER NOT NULL,
  created INTEGER NOT NULL, started INTEGER, finished INTEGER, counts TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE INDEX run_connection ON run (connection, created, oid);
CREATE INDEX run_task ON run (connection, task, created, oid);
CREATE INDEX run_seq ON run (seq);
CREATE INDEX run_open ON run (connection, task) WHERE final = 0;
CREATE TABLE scope (id INTEGER PRIMARY KEY, connection BLOB NOT NULL, resource TEXT NOT NULL, region TEXT NOT NULL,
  UNIQUE (connection, resource, region));
CREATE TABLE run_scope (id INTEGER PRIMARY KEY AUTOINCREMENT, run BLOB NOT NULL, scope INTEGER NOT NULL, state TEXT NOT NULL,
  attempt INTEGER NOT NULL, pages INTEGER NOT NULL, counts TEXT NOT NULL, message TEXT NOT NULL, error_code TEXT NOT NULL,
  hint TEXT NOT NULL, held TEXT NOT NULL, started INTEGER, finished INTEGER, next_attempt INTEGER, approved INTEGER NOT NULL);
CREATE INDEX run_scope_run ON run_scope (run, id);
CREATE TABLE sighting (scope INTEGER NOT NULL, key TEXT NOT NULL, row INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE INDEX sighting_row ON sighting (row);

CREATE TABLE schedule (id INTEGER PRIMARY KEY AUTOINCREMENT, connection BLOB NOT NULL, task TEXT NOT NULL, enabled INTEGER NOT NULL,
  every INTEGER NOT NULL, period TEXT NOT NULL, next_at INTEGER NOT NULL);
CREATE INDEX schedule_connection ON schedule (connection);
CREATE INDEX schedule_due ON schedule (next_at) WHERE enabled = 1;
CREATE TABLE job (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, lane TEXT NOT NULL, payload TEXT NOT NULL,
  run_at INTEGER NOT NULL, due INTEGER NOT NULL, attempt INTEGER NOT NULL, worker TEXT NOT NULL, lease_until INTEGER NOT NULL);
CREATE INDEX job_due ON job (lane, due, id);
)",
    R"(
CREATE TABLE facet (kind INTEGER NOT NULL, field TEXT NOT NULL, active INTEGER NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (kind, field, active, value)) WITHOUT ROWID;
)",
};

}  // namespace maestro::store_sqlite
