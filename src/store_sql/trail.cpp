// Trail: history over many documents. Rows of history say nothing about access, so they are read in batches and those
// of documents that the reader cannot see are left out.
#include "store_sql/ports.h"

namespace maestro::store_sql {
namespace {

constexpr std::size_t kBatch = 250;

class Trail {
 public:
  Trail(Core& core, Session& db, const store::TrailSpec& spec) : core_(core), db_(db), spec_(spec) {}

  Result<store::TrailPage> page() {
    if (!spec_.everything) {
      TRY_ASSIGN(const Standing now, standing(db_, 0));
      TRY_ASSIGN(roles_, core_.sets.roles(db_, spec_.readers, now.top_set));
    }
    store::TrailPage out;
    std::int64_t before = spec_.before > 0 ? spec_.before : INT64_MAX;
    for (std::size_t looked = 0; looked < spec_.look;) {
      const std::size_t want = std::min(kBatch, spec_.look - looked);
      TRY_ASSIGN(auto batch, read(before, want));
      looked += batch.size();
      TRY(judge(batch));
      for (store::TrailRow& row : batch) {
        before = row.change.id;
        if (!visible_[row.change.row].first || !is_wanted(row.change)) continue;
        row.active = visible_[row.change.row].second;
        out.rows.push_back(std::move(row));
        if (out.rows.size() < spec_.limit) continue;
        out.next = before;
        return finish(std::move(out));
      }
      if (batch.size() < want) return finish(std::move(out));
    }
    out.next = before;
    return finish(std::move(out));
  }

 private:
  Result<std::vector<store::TrailRow>> read(std::int64_t before, std::size_t want) {
    Sql sql("SELECT id, row, oid, kind, at, verb, actor, actor_name, run, changes FROM history WHERE id < ?");
    sql.bind(before);
    // Only what an index answers: any other condition could look through all of history for one batch.
    if (spec_.run) {
      const auto& bytes = spec_.run->bytes();
      sql.add(" AND run = ?").bind(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), true);
    }
    if (spec_.actor && !spec_.run) sql.add(" AND actor = ?").bind(owner_bytes(*spec_.actor), true);
    sql.add(" ORDER BY id DESC LIMIT ?").bind(static_cast<std::int64_t>(want));
    Query query = db_.query(sql);
    std::vector<store::TrailRow> out;
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) return out;
      store::HistoryRow row;
      row.id = query.integer(0);
      row.row = query.integer(1);
      row.document = query.object_id(2);
      if (const Table* table = core_.table(query.integer(3))) row.entity = table->entity->name;
      row.at = query.time(4);
      row.verb = query.string(5);
      row.actor = owner_from(query.text(6));
      row.actor_name = query.string(7);
      row.run = query.object_id(8);
      row.changes = query.string(9);
      out.push_back({.change = std::move(row)});
    }
  }

  bool is_wanted(const store::HistoryRow& row) const {
    return (spec_.entity == nullptr || row.entity == spec_.entity->name) && (!spec_.actor || row.actor == *spec_.actor);
  }

  /// Which documents of these rows the reader may see. The search table carries access and activity of every document.
  Result<void> judge(const std::vector<store::TrailRow>& rows) {
    std::vector<std::int64_t> unknown;
    for (const store::TrailRow& row : rows)
      if (visible_.try_emplace(row.change.row, false, false).second) unknown.push_back(row.change.row);
    if (unknown.empty()) return {};
    Sql sql("SELECT s.id, s.kind, s.acl, s.active, d.oid FROM search s JOIN doc d ON d.id = s.id WHERE ");
    Query query = db_.query(sql.add(db_.dialect().any_of("s.id", unknown)));
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) return {};
      const Table* table = core_.table(query.integer(1));
      if (table == nullptr) continue;
      const bool active = query.integer(3) != 0;
      visible_[query.integer(0)] = {sees(*table->entity, query.integer(2), active, query.object_id(4)), active};
    }
  }

  bool sees(const model::Entity& entity, store::SetId set, bool active, const ObjectId& id) const {
    if (!active && !entity.visible_inactive) return false;
    if (roles_ == nullptr) return true;
    // What everybody reads, everybody reads whole; hundreds of rows that an instance begins with are told when asked
    // for.
    if (entity.administered) return spec_.entity == &entity;
    // Lists of people show everybody a little; what changed may be more than that.
    if (entity.access == model::Access::kNone) return spec_.self && id == spec_.self;
    const auto at = static_cast<std::size_t>(set);
    return at < roles_->size() && (*roles_)[at] >= store::kRead;
  }

  Result<store::TrailPage> finish(store::TrailPage page) {
    std::map<std::int64_t, std::string> names;
    for (const store::TrailRow& row : page.rows) names.try_emplace(row.change.row);
    if (names.empty()) return page;
    std::vector<std::int64_t> rows;
    for (const auto& [row, name] : names) rows.push_back(row);
    Sql sql("SELECT id, list_json FROM doc WHERE ");
    Query query = db_.query(sql.add(db_.dialect().any_of("id", rows)));
    for (;;) {
      TRY_ASSIGN(const bool more, query.step());
      if (!more) break;
      const json::Value item = json::parse_trusted(query.text(1));
      if (const json::Object* object = item.if_object()) names[query.integer(0)] = json::text_or(*object, "name");
    }
    for (store::TrailRow& row : page.rows) row.name = names[row.change.row];
    return page;
  }

  Core& core_;
  Session& db_;
  const store::TrailSpec& spec_;
  std::shared_ptr<const Roles> roles_;                               ///< null: sees everything
  std::unordered_map<std::int64_t, std::pair<bool, bool>> visible_;  ///< by row: the reader sees it, it is active
};

}  // namespace

Result<store::TrailPage> SqlDocuments::trail(const Context& context, const store::TrailSpec& spec) {
  TRY_ASSIGN(auto db, core_.engine.read(context, true));
  return Trail(core_, *db, spec).page();
}

}  // namespace maestro::store_sql
