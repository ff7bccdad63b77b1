#include "base/log.h"
#include "base/text.h"
#include "store_sql/ports.h"

namespace maestro::store_sql {
namespace {

using store::Accounts;

// Columns 0 to 5 of both questions that every request asks.
constexpr const char* kPerson = R"(d.oid, d.body, n.active, c.version, a.since)";
constexpr int kLoginAt = 6;
constexpr const char* kJoins =
    R"( JOIN "{0}" n ON n.id = d.id LEFT JOIN credential c ON c."user" = d.oid LEFT JOIN administrator a ON a."user" = d.oid)";

Accounts::Known person_of(const Query& query) {
  const json::Value body = json::parse_trusted(query.text(1));
  Accounts::Known known;
  known.user = query.object_id(0);
  known.name = json::text_or(body.get_object(), "name");
  known.email = json::text_or(body.get_object(), "email");
  known.active = query.integer(2) != 0;
  if (!query.null(3)) known.version = query.integer(3);
  known.administrator = !query.null(4);
  known.stamp = query.integer(5);
  return known;
}

/// For what takes something away from what Known tells, or gives it another meaning.
Session& changing(store::Transaction& transaction) {
  Work& work = Work::of(transaction);
  work.identity = true;
  return work.db;
}

Accounts::Token token_of(const Query& query, int at) {
  return {.id = query.object_id(at),
          .user = query.object_id(at + 1),
          .name = query.string(at + 2),
          .writes = query.integer(at + 3) != 0,
          .created = query.time(at + 4),
          .expires = query.maybe_time(at + 5),
          .used = query.maybe_time(at + 6)};
}

Result<std::vector<Accounts::Token>> tokens_in(Session& db, const ObjectId& user) {
  Query query = db.query(
      "SELECT id, \"user\", name, writes, created, expires, used FROM api_token WHERE \"user\" = ? "
      "ORDER BY created DESC, id DESC");
  query.bind(user);
  std::vector<Accounts::Token> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back(token_of(query, 0));
  }
}

Result<bool> any_in(Session& db, const Table& users) {
  Query query = db.query(fmt::format("SELECT count(*) FROM (SELECT 1 FROM \"{}\" LIMIT 1) x", users.name));
  TRY(query.step());
  return query.integer(0) != 0;
}

Result<std::vector<Accounts::Administrator>> administrators_in(Session& db, const Table& users) {
  Query query = db.query(
      fmt::format("SELECT a.\"user\", d.body, a.since FROM administrator a JOIN doc d ON d.oid = a.\"user\" JOIN "
                  "\"{}\" n ON n.id = d.id WHERE n.active = 1 ORDER BY a.since, a.\"user\"",
                  users.name));
  std::vector<Accounts::Administrator> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    const json::Value body = json::parse_trusted(query.text(1));
    out.push_back({.user = query.object_id(0),
                   .name = std::string(json::text_or(body.get_object(), "name")),
                   .email = std::string(json::text_or(body.get_object(), "email")),
                   .since = query.time(2)});
  }
}

}  // namespace

SqlAccounts::SqlAccounts(Core& core) : core_(core), users_(*core.table(*model::find_entity("users"))) {
  const std::string joins = fmt::format(fmt::runtime(kJoins), users_.name);
  by_login_sql_ = fmt::format(
      "SELECT {}, {}, l.id, l.version, l.created, l.seen, l.expires FROM doc d{} LEFT JOIN login l ON l.id = ?1 AND "
      "l.\"user\" = d.oid WHERE d.oid = ?2",
      kPerson, kIdentityStamp, joins);
  by_token_sql_ = fmt::format(
      "SELECT {}, {}, t.id, t.\"user\", t.name, t.writes, t.created, t.expires, t.used FROM api_token t JOIN doc d ON "
      "d.oid = t.\"user\"{} WHERE t.hash = ?",
      kPerson, kIdentityStamp, joins);
}

Result<std::optional<Accounts::Known>> SqlAccounts::by_login(const Context& context, const ObjectId& user,
                                                             const ObjectId& login) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(by_login_sql_);
  query.bind(login, user);
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<Known>();
  Known known = person_of(query);
  if (!query.null(kLoginAt)) {
    known.login = Login{.id = query.object_id(kLoginAt),
                        .user = known.user,
                        .version = query.integer(kLoginAt + 1),
                        .created = query.time(kLoginAt + 2),
                        .seen = query.time(kLoginAt + 3),
                        .expires = query.time(kLoginAt + 4)};
  }
  return std::optional(std::move(known));
}

Result<std::optional<Accounts::Known>> SqlAccounts::by_token(const Context& context, std::string_view hash) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(by_token_sql_);
  query.bind(Blob{hash});
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<Known>();
  Known known = person_of(query);
  known.token = token_of(query, kLoginAt);
  return std::optional(std::move(known));
}

Result<std::optional<store::Document>> SqlAccounts::with_email(const Context& context, std::string_view email) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(users_.select_sql + " WHERE n.active = 1 AND lower(n.c_email) = ?");
  query.bind(text::lower(email));
  TRY_ASSIGN(const bool row, query.step());
  if (!row) return std::optional<store::Document>();
  return std::optional(read_document(users_, query));
}

Result<bool> SqlAccounts::any(const Context& context) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return any_in(*db, users_);
}

Result<bool> SqlAccounts::any(store::Transaction& transaction) { return any_in(Work::of(transaction).db, users_); }

// ---- sign-ins ----

Result<void> SqlAccounts::add_login(store::Transaction& transaction, const Login& login) {
  return Work::of(transaction)
      .db
      .query(
          "INSERT INTO login (id, \"user\", version, created, seen, expires, address, agent) VALUES "
          "(?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(login.id, login.user, login.version, login.created, login.seen, login.expires, login.address, login.agent)
      .run();
}

Result<std::vector<Accounts::Login>> SqlAccounts::logins(const Context& context, const ObjectId& user, Time now) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  Query query = db->query(
      "SELECT l.id, l.version, l.created, l.seen, l.expires, l.address, l.agent FROM login l JOIN credential c ON "
      "c.\"user\" = l.\"user\" WHERE l.\"user\" = ? AND l.version = c.version AND l.expires > ? "
      "ORDER BY l.seen DESC, l.created DESC, l.id DESC");
  query.bind(user, now);
  std::vector<Login> out;
  for (;;) {
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return out;
    out.push_back({.id = query.object_id(0),
                   .user = user,
                   .version = query.integer(1),
                   .created = query.time(2),
                   .seen = query.time(3),
                   .expires = query.time(4),
                   .address = query.string(5),
                   .agent = query.string(6)});
  }
}

Result<void> SqlAccounts::touch_login(store::Transaction& transaction, const ObjectId& login, Time seen) {
  return Work::of(transaction).db.query("UPDATE login SET seen = ? WHERE id = ?").bind(seen, login).run();
}

Result<bool> SqlAccounts::end_login(store::Transaction& transaction, const ObjectId& user, const ObjectId& login) {
  Session& db = changing(transaction);
  TRY(db.query("DELETE FROM login WHERE id = ? AND \"user\" = ?").bind(login, user).run());
  return db.changes() == 1;
}

Result<void> SqlAccounts::end_other_logins(store::Transaction& transaction, const ObjectId& user,
                                           const ObjectId& keep) {
  Session& db = changing(transaction);
  TRY(db.query("DELETE FROM login WHERE \"user\" = ?1 AND (id <> ?2 OR ?2 IS NULL)").bind(user, keep).run());
  // A newer version ends the tokens that no row stands for; the one that is kept moves on with it.
  TRY(db.query("UPDATE credential SET version = version + 1 WHERE \"user\" = ?").bind(user).run());
  return db
      .query("UPDATE login SET version = (SELECT version FROM credential c WHERE c.\"user\" = ?1) WHERE \"user\" = ?1")
      .bind(user)
      .run();
}

Result<void> SqlAccounts::forget_ended_logins(store::Transaction& transaction, std::size_t limit) {
  return Work::of(transaction)
      .db.query("DELETE FROM login WHERE id IN (SELECT id FROM login WHERE expires <= ? ORDER BY expires LIMIT ?)")
      .bind(transaction.now(), static_cast<std::int64_t>(limit))
      .run();
}

// ---- tokens ----

Result<void> SqlAccounts::add_token(store::Transaction& transaction, const Token& token, std::string_view hash) {
  return Work::of(transaction)
      .db
      .query(
          "INSERT INTO api_token (id, hash, \"user\", name, writes, created, expires, used) VALUES "
          "(?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(token.id, Blob{hash}, token.user, token.name, token.writes, token.created, token.expires, token.used)
      .run();
}

Result<std::vector<Accounts::Token>> SqlAccounts::tokens(const Context& context, const ObjectId& user) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return tokens_in(*db, user);
}

Result<std::vector<Accounts::Token>> SqlAccounts::tokens(store::Transaction& transaction, const ObjectId& user) {
  return tokens_in(Work::of(transaction).db, user);
}

Result<void> SqlAccounts::touch_token(store::Transaction& transaction, const ObjectId& token, Time used) {
  return Work::of(transaction).db.query("UPDATE api_token SET used = ? WHERE id = ?").bind(used, token).run();
}

Result<bool> SqlAccounts::remove_token(store::Transaction& transaction, const ObjectId& user, const ObjectId& token) {
  Session& db = changing(transaction);
  TRY(db.query("DELETE FROM api_token WHERE id = ? AND \"user\" = ?").bind(token, user).run());
  return db.changes() == 1;
}

// ---- administrators ----

Result<std::vector<Accounts::Administrator>> SqlAccounts::administrators(const Context& context) {
  TRY_ASSIGN(auto db, core_.engine.read(context, false));
  return administrators_in(*db, users_);
}

Result<std::vector<Accounts::Administrator>> SqlAccounts::administrators(store::Transaction& transaction) {
  return administrators_in(Work::of(transaction).db, users_);
}

Result<bool> SqlAccounts::add_administrator(store::Transaction& transaction, const ObjectId& user) {
  Session& db = changing(transaction);
  TRY(db.query("INSERT INTO administrator (\"user\", since) VALUES (?, ?) ON CONFLICT (\"user\") DO NOTHING")
          .bind(user, transaction.now())
          .run());
  return db.changes() == 1;
}

Result<bool> SqlAccounts::remove_administrator(store::Transaction& transaction, const ObjectId& user) {
  Session& db = changing(transaction);
  TRY(db.query("DELETE FROM administrator WHERE \"user\" = ?").bind(user).run());
  return db.changes() == 1;
}

Result<void> SqlAccounts::forget(store::Transaction& transaction, const ObjectId& user) {
  Session& db = changing(transaction);
  for (const char* statement : {"DELETE FROM administrator WHERE \"user\" = ?", "DELETE FROM login WHERE \"user\" = ?",
                                "DELETE FROM api_token WHERE \"user\" = ?"})
    TRY(db.query(statement).bind(user).run());
  return {};
}

Result<void> appoint_oldest(Session& session, const Table& users) {
  return in_transaction(session, [&]() -> Result<void> {
    {
      Query due = session.query("SELECT count(*) FROM setting WHERE name = 'first administrator'");
      TRY(due.step());
      if (due.integer(0) == 0) return {};
    }
    ObjectId user;
    std::int64_t row = 0;
    {
      Query oldest = session.query(
          Sql(fmt::format("SELECT id, oid FROM \"{}\" n WHERE active = 1 AND EXISTS (SELECT 1 FROM credential c WHERE "
                          "c.\"user\" = n.oid) ORDER BY created, id LIMIT 1",
                          users.name)));
      TRY_ASSIGN(const bool found, oldest.step());
      if (found) {
        row = oldest.integer(0);
        user = oldest.object_id(1);
      }
    }
    TRY(session.execute("DELETE FROM setting WHERE name = 'first administrator'"));
    if (row == 0) return {};
    const Time now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
    TRY(session.query("INSERT INTO administrator (\"user\", since) VALUES (?, ?) ON CONFLICT (\"user\") DO NOTHING")
            .bind(user, now)
            .run());
    log::info("the oldest account administers this instance from now on", {{"user", user.hex()}});
    return session
        .query(
            "INSERT INTO history (row, oid, kind, at, verb, actor, actor_name, run, changes) VALUES "
            "(?, ?, ?, ?, 'update', ?, 'migration', NULL, ?)")
        .bind(row, user, users.kind, now, Blob{owner_bytes({Principal::Kind::kSystem, {}})},
              R"([{"path":"administrator","old":false,"new":true}])")
        .run();
  });
}

}  // namespace maestro::store_sql
