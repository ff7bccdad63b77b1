// The core tables, as numbered steps for every engine; Dialect::ddl() spells the types. A step that has been released
// is never edited: append the next one.
#pragma once

namespace maestro::store_sql {

inline constexpr const char* kMigrations[] = {
    R"(
CREATE TABLE kind (id @id, name @text NOT NULL UNIQUE, odd @int NOT NULL, columns @text NOT NULL, list @text NOT NULL);
CREATE TABLE counter (name @text PRIMARY KEY, value @int NOT NULL) @compact;
INSERT INTO counter VALUES ('rev', 0), ('seq', 0);

CREATE TABLE doc (id @id, kind @int NOT NULL, oid @blob NOT NULL UNIQUE, rev @int NOT NULL,
  list_json @text NOT NULL, provenance @text NOT NULL, body @text NOT NULL);
CREATE TABLE acl_set (id @id, hash @blob NOT NULL UNIQUE, entries @text NOT NULL);
CREATE TABLE acl_entry (principal @blob NOT NULL, acl @int NOT NULL, role @int NOT NULL, PRIMARY KEY (principal, acl)) @compact;
CREATE TABLE cnt (kind @int NOT NULL, acl @int NOT NULL, active @int NOT NULL, n @int NOT NULL, PRIMARY KEY (kind, acl, active)) @compact;
CREATE TABLE history (id @serial, row @int NOT NULL, oid @blob NOT NULL, kind @int NOT NULL,
  at @int NOT NULL, verb @text NOT NULL, actor @blob NOT NULL, actor_name @text NOT NULL, run @blob, changes @text NOT NULL);
CREATE INDEX history_row ON history (row, id);
CREATE INDEX history_run ON history (run, id) WHERE run IS NOT NULL;

CREATE TABLE credential ("user" @blob PRIMARY KEY, hash @text NOT NULL, version @int NOT NULL) @compact;
CREATE TABLE secret (document @blob PRIMARY KEY, key_id @text NOT NULL, bytes @blob NOT NULL) @compact;
CREATE TABLE setting (name @text PRIMARY KEY, value @text NOT NULL) @compact;

CREATE TABLE run (id @id, oid @blob NOT NULL UNIQUE, connection @blob, task @text NOT NULL, cause @text NOT NULL,
  by @blob, by_name @text NOT NULL, state @text NOT NULL, final @int NOT NULL, message @text NOT NULL, cancel @int NOT NULL,
  created @int NOT NULL, started @int, finished @int, counts @text NOT NULL, seq @int NOT NULL);
CREATE INDEX run_connection ON run (connection, created, oid);
CREATE INDEX run_task ON run (connection, task, created, oid);
CREATE INDEX run_seq ON run (seq);
CREATE INDEX run_open ON run (connection, task) WHERE final = 0;
CREATE TABLE scope (id @id, connection @blob NOT NULL, resource @text NOT NULL, region @text NOT NULL,
  UNIQUE (connection, resource, region));
CREATE TABLE run_scope (id @serial, run @blob NOT NULL, scope @int NOT NULL, state @text NOT NULL,
  attempt @int NOT NULL, pages @int NOT NULL, counts @text NOT NULL, message @text NOT NULL, error_code @text NOT NULL,
  hint @text NOT NULL, held @text NOT NULL, started @int, finished @int, next_attempt @int, approved @int NOT NULL);
CREATE INDEX run_scope_run ON run_scope (run, id);
CREATE TABLE sighting (scope @int NOT NULL, key @text NOT NULL, row @int NOT NULL, hash @blob NOT NULL, PRIMARY KEY (scope, key)) @compact;
CREATE INDEX sighting_row ON sighting (row);

CREATE TABLE schedule (id @serial, connection @blob NOT NULL, task @text NOT NULL, enabled @int NOT NULL,
  every @int NOT NULL, period @text NOT NULL, next_at @int NOT NULL);
CREATE INDEX schedule_connection ON schedule (connection);
CREATE INDEX schedule_due ON schedule (next_at) WHERE enabled = 1;
CREATE TABLE job (id @serial, type @text NOT NULL, lane @text NOT NULL, payload @text NOT NULL,
  run_at @int NOT NULL, due @int NOT NULL, attempt @int NOT NULL, worker @text NOT NULL, lease_until @int NOT NULL);
CREATE INDEX job_due ON job (lane, due, id);
)",
    R"(
CREATE TABLE facet (kind @int NOT NULL, field @text NOT NULL, active @int NOT NULL, value @text NOT NULL, n @int NOT NULL,
  PRIMARY KEY (kind, field, active, value)) @compact;
)",
    R"(
CREATE TABLE search (id @row, kind @int NOT NULL, acl @int NOT NULL, active @int NOT NULL, text @text NOT NULL);
CREATE INDEX search_acl ON search (acl);
CREATE TABLE address (lo @blob NOT NULL, id @int NOT NULL, hi @blob NOT NULL, PRIMARY KEY (lo, id)) @compact;
ALTER TABLE kind ADD COLUMN search @text NOT NULL DEFAULT '';
CREATE INDEX history_actor ON history (actor, id);
CREATE TABLE request (principal @blob NOT NULL, key @text NOT NULL, hash @blob NOT NULL, status @int NOT NULL, body @text NOT NULL,
  expires @int NOT NULL, PRIMARY KEY (principal, key)) @compact;
CREATE INDEX request_expires ON request (expires);
CREATE INDEX doc_rev ON doc (kind, rev);
INSERT INTO counter VALUES ('epoch', 0) ON CONFLICT (name) DO NOTHING;
)",
    R"(
CREATE TABLE administrator ("user" @blob PRIMARY KEY, since @int NOT NULL) @compact;
CREATE TABLE login (id @blob PRIMARY KEY, "user" @blob NOT NULL, version @int NOT NULL, created @int NOT NULL,
  seen @int NOT NULL, expires @int NOT NULL, address @text NOT NULL, agent @text NOT NULL) @compact;
CREATE INDEX login_user ON login ("user", created);
CREATE INDEX login_expires ON login (expires);
CREATE TABLE api_token (id @blob PRIMARY KEY, hash @blob NOT NULL UNIQUE, "user" @blob NOT NULL, name @text NOT NULL,
  writes @int NOT NULL, created @int NOT NULL, expires @int, used @int) @compact;
CREATE INDEX api_token_user ON api_token ("user", created);
INSERT INTO setting SELECT 'first administrator', 'due' WHERE EXISTS (SELECT 1 FROM doc);
)",
    R"(
INSERT INTO counter VALUES ('identity', 0) ON CONFLICT (name) DO NOTHING;
)",
};

}  // namespace maestro::store_sql
