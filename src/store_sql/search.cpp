#include "store_sql/search.h"

#include "base/text.h"
#include "store_sql/list.h"
#include "store_sql/ports.h"

namespace maestro::store_sql {

using store::SearchText;

namespace {

constexpr std::size_t kMaxWords = 8;
constexpr std::size_t kMaxQuery = 200;
constexpr std::int64_t kMaxHits = 2000;      // that are ranked
constexpr std::int64_t kMaxLooked = 50'000;  // candidates that are looked at for them
constexpr std::int64_t kGather = 20'000;     // so few visible documents are looked through one by one
constexpr std::int64_t kMarked = 4;          // viewers who see less than one in so many: their rows are marked first
constexpr std::int64_t kLooks = 1000;        // candidates, beside half of what they see, before all of that is read
constexpr std::string_view kTexts = "SELECT s.id, s.kind, s.acl, s.active, s.text ";

std::string bytes_of(const IpBytes& address) { return {reinterpret_cast<const char*>(address.data()), address.size()}; }

Result<void> add_addresses(Session& session, store::RowId row, const SearchText& text) {
  for (const IpNetwork& network : text.addresses) {
    TRY(session
            .query("INSERT INTO address (lo, id, hi) VALUES (?, ?, ?) ON CONFLICT (lo, id) DO UPDATE SET hi = "
                   "CASE WHEN address.hi > excluded.hi THEN address.hi ELSE excluded.hi END")
            .bind(Blob{bytes_of(network.first())}, row, Blob{bytes_of(network.last())})
            .run_later());
  }
  return {};
}

bool same_addresses(const SearchText& a, const SearchText& b) {
  return std::equal(
      a.addresses.begin(), a.addresses.end(), b.addresses.begin(), b.addresses.end(),
      [](const IpNetwork& x, const IpNetwork& y) { return x.address == y.address && x.prefix == y.prefix; });
}

/// The stretches of addresses that a network means: v4 ones stand among those of v6, at ::ffff:0:0/96.
std::vector<std::pair<std::string, std::string>> stretches_of(const IpNetwork& network) {
  const IpNetwork mapped = *parse_network("0.0.0.0/0");
  std::pair all{bytes_of(network.first()), bytes_of(network.last())};
  if (network.prefix >= mapped.prefix || !(network.first() < mapped.first() && mapped.last() <= network.last()))
    return {std::move(all)};
  IpBytes below = mapped.first(), above{};
  --below[11];
  std::fill(below.begin() + 12, below.end(), 0xFF);
  above[9] = 1;
  return {{all.first, bytes_of(below)}, {bytes_of(above), all.second}};
}

/// A MAC as search texts have it, whatever stands between its digits: nothing, colons, dashes, or dots.
std::optional<std::string> read_mac(std::string_view text) {
  if (text.size() != 12 && text.size() != 14 && text.size() != 17) return std::nullopt;
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '-' || c == '.') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    if (out.size() % 3 == 2) out += ':';
    out += c;
  }
  return out.size() == 17 ? std::optional(out) : std::nullopt;
}

/// One search in one snapshot.
class Search {
 public:
  Search(Core& core, Session& db, const store::SearchSpec& spec, const Standing& now)
      : core_(core), db_(db), spec_(spec), now_(now) {}

  Result<store::SearchPage> page() {
    const std::string text = text::lower(text::trim(spec_.text));
    for (const std::string_view word : text::split(text, ' '))
      if (!word.empty() && words_.size() < kMaxWords) words_.emplace_back(word);
    if (words_.empty() || text.size() > kMaxQuery || text.find('\0') != std::string::npos) return store::SearchPage{};
    for (const model::Entity* entity : spec_.kinds)
      if (const Table* table = core_.table(*entity)) kinds_.emplace(table->kind, table);
    if (!spec_.everything) {
      TRY_ASSIGN(roles_, core_.sets.roles(db_, spec_.readers, now_.top_set));
      TRY(read_visible());
      db_.scan() = {};
      db_.scan().roles = roles_.get();
      db_.scan().role = store::kRead;
    }
    if (const auto id = ObjectId::parse(text)) {
      TRY(by_id(*id));
    } else if (const auto network = words_.size() == 1 ? parse_network(text) : std::nullopt) {
      TRY(by_address(*network, text));
    }
    const auto mac = words_.size() == 1 ? read_mac(words_[0]) : std::nullopt;
    if (mac && *mac != words_[0]) {
      const auto typed = std::exchange(words_, {*mac});
      TRY(by_words());
      if (hits_.empty()) words_ = typed;
      asked_words_ = !hits_.empty();
    }
    if (hits_.empty() && !asked_words_) TRY(by_words());
    return finish();
  }

 private:
  struct Hit {
    std::int64_t row = 0;
    store::SetId access = 0;
    const Table* table = nullptr;
    int rank = 0;
    std::string text, match;
  };

  /// The viewer's sets that have rows, and how many rows those are: from memory where that stands at this snapshot.
  Result<void> read_visible() {
    TRY(core_.memory.catch_up(db_, now_, core_.tables));
    const std::string viewer = readers_bytes(spec_.readers);
    bool everything = true;
    for (const auto& [kind, table] : kinds_) {
      TRY_ASSIGN(const auto view, core_.memory.view(db_, now_, *table));
      if (table->entity->access == model::Access::kNone) {
        // Rows of such kinds carry the set 0, which everybody sees.
        const std::int64_t rows = view ? view->count(true) : 0;
        all_ += rows;
        visible_ += rows;
        open_ = open_ || !view || rows > 0;
        continue;
      }
      std::shared_ptr<const Visible> seen;
      if (view) {
        seen = view->visible(viewer, *roles_, store::kRead, true);
      } else {
        TRY_ASSIGN(seen, store_sql::read_visible(db_, *table, *roles_, store::kRead, true));
      }
      all_ += seen->all;
      visible_ += seen->visible;
      everything = everything && seen->all == seen->visible;
      seen_.push_back(std::move(seen));
    }
    if (everything) roles_ = nullptr;  // nothing to test
    return {};
  }

  std::vector<std::int64_t> sets() {
    std::sort(seen_.begin(), seen_.end(), [](const auto& a, const auto& b) { return a->sets.size() < b->sets.size(); });
    std::vector<std::int64_t> out, merged;
    if (open_) out.push_back(0);
    for (const auto& each : seen_) {
      merged.clear();
      std::set_union(out.begin(), out.end(), each->sets.begin(), each->sets.end(), std::back_inserter(merged));
      out.swap(merged);
    }
    return out;
  }

  bool sees(store::SetId set) const {
    if (roles_ == nullptr) return true;
    const auto at = static_cast<std::size_t>(set);
    return set == 0 || (at < roles_->size() && (*roles_)[at] >= store::kRead);
  }

  /// Rows of kinds without access carry the set 0, which everybody sees.
  void take(const Query& row, bool any_text) {
    const auto table = kinds_.find(row.integer(1));
    if (table == kinds_.end() || row.integer(3) == 0 || !sees(row.integer(2))) return;
    if (row.integer(2) == 0 && table->second->entity->access != model::Access::kNone && roles_ != nullptr) return;
    std::string_view match;
    const std::string_view text = row.text(4);
    const int rank = any_text ? 1 : store::rank(text, words_, match);
    if (rank == 0) return;
    hits_.push_back({row.integer(0), row.integer(2), table->second, rank, std::string(text.substr(0, text.find('\n'))),
                     std::string(match)});
  }

  Result<void> by_id(const ObjectId& id) {
    Query query = db_.query(std::string(kTexts) + "FROM doc d JOIN search s ON s.id = d.id WHERE d.oid = ?");
    query.bind(id);
    TRY_ASSIGN(const bool row, query.step());
    if (!row) return {};
    take(query, true);
    if (!hits_.empty()) hits_.back().match = id.hex();
    return {};
  }

  /// Addresses and networks inside the one that was asked for.
  Result<void> by_address(const IpNetwork& network, const std::string& text) {
    const bool single = network.prefix == 128;
    std::set<std::int64_t> rows;
    for (const auto& [first, last] : stretches_of(network)) {
      Query query = db_.query(
          "SELECT s.id, s.kind, s.acl, s.active, s.text, a.lo, a.hi FROM address a JOIN search s ON s.id = a.id "
          "WHERE a.lo >= ? AND a.lo <= ? AND a.hi <= ? ORDER BY a.lo, a.id LIMIT ?");
      query.bind(Blob{first}, Blob{last}, Blob{last}, kMaxLooked);
      std::int64_t looked = 0;
      for (;; ++looked) {
        TRY_ASSIGN(const bool row, query.step());
        if (!row) break;
        if (static_cast<std::int64_t>(hits_.size()) >= kMaxHits) {
          capped_ = true;
          break;
        }
        if (!rows.insert(query.integer(0)).second) continue;
        const std::size_t before = hits_.size();
        take(query, true);
        if (hits_.size() == before) continue;
        IpBytes lo{};
        const std::string_view bytes = query.text(5);
        std::copy(bytes.begin(), bytes.end(), lo.begin());
        hits_.back().match = single ? text : ip_text(lo);
        hits_.back().rank = single ? 40 : 10;
      }
      capped_ = capped_ || looked >= kMaxLooked;
    }
    // A part of an address ("10.1.2") is no network, and a whole one may be the start of others.
    if (single) TRY(by_words());
    std::set<std::int64_t> unique;
    std::erase_if(hits_, [&](const Hit& hit) { return !unique.insert(hit.row).second; });
    return {};
  }

  bool may_mark() const { return roles_ != nullptr && db_.dialect().has_functions() && visible_ <= all_ / kMarked; }
  /// For a viewer of little: marks what it sees, so that no candidate is read in vain. False where that is not worth it
  /// or memory does not know.
  Result<bool> mark_visible() {
    if (!may_mark()) return false;
    std::vector<bool> marks;  // by row
    const std::string viewer = readers_bytes(spec_.readers);
    const std::vector<unsigned char> anybody{store::kRead};  // of the set 0
    for (const auto& [kind, table] : kinds_) {
      TRY_ASSIGN(const auto view, core_.memory.view(db_, now_, *table));
      if (!view) return false;
      if (table->entity->access == model::Access::kNone)
        view->mark_visible(marks, "anybody", anybody, store::kRead, true);
      else
        view->mark_visible(marks, viewer, *roles_, store::kRead, true);
    }
    const auto is_marked = [marks = std::move(marks)](std::int64_t row) {
      return static_cast<std::size_t>(row) < marks.size() && marks[static_cast<std::size_t>(row)];
    };
    db_.scan().mark(is_marked, visible_ < kGather ? kLooks + visible_ / 2 : -1);
    return true;
  }

  Result<void> by_words() {
    asked_words_ = true;
    const std::optional<Sql> candidates = db_.dialect().text_search(words_);
    // Where all that the index can find may be looked at, or what is not visible costs next to nothing, it is faster
    // unless few are visible.
    const bool is_cheap = all_ <= kMaxLooked || may_mark();
    const std::int64_t least = candidates && is_cheap ? spec_.few : kGather;
    if (roles_ != nullptr && visible_ < least) return by_visible();
    if (!candidates) return {};  // too short for the index: the API asks for more
    TRY_ASSIGN(const bool found, by_index(*candidates));
    return found ? Result<void>() : by_visible();
  }

  /// Looks through everything that the viewer sees.
  Result<void> by_visible() {
    Sql sql(kTexts);
    sql.add("FROM search s WHERE ").add(db_.dialect().any_of("s.acl", sets())).add(" AND s.active = 1");
    TRY(take_all(sql));
    return {};
  }

  /// False: of what the index finds, the viewer sees so little that by_visible() is faster.
  Result<bool> by_index(const Sql& candidates) {
    Sql sql(kTexts);
    sql.add(candidates).add(" AND s.active = 1");
    TRY_ASSIGN(const bool marked, mark_visible());
    if (marked) {
      sql.add(" AND marked(f.rowid)");
    } else if (roles_ != nullptr) {
      const bool listed = !db_.dialect().has_functions();
      sql.add(" AND (s.acl = 0 OR ")
          .add(db_.dialect().sees("s.acl", *roles_, store::kRead, listed ? sets() : std::vector<std::int64_t>()))
          .add(")");
    }
    const std::int64_t most = db_.dialect().has_functions() ? kMaxLooked : kMaxHits + 1;
    const std::size_t before = hits_.size();
    const auto looked = take_all(sql.add(" LIMIT ?").bind(most));
    if (looked.ok()) {
      capped_ = capped_ || *looked >= most;
      return true;
    }
    if (!db_.scan().gave_up) return looked.error();
    hits_.resize(before);
    return false;
  }

  /// How many rows there were, unless there are enough hits.
  Result<std::int64_t> take_all(const Sql& sql) {
    Query rows = db_.stream(sql);
    for (std::int64_t looked = 0;; ++looked) {
      TRY_ASSIGN(const bool row, rows.step());
      if (!row) return looked;
      if (static_cast<std::int64_t>(hits_.size()) >= kMaxHits) {
        capped_ = true;
        return looked;
      }
      take(rows, false);
    }
  }

  Result<store::SearchPage> finish() {
    std::sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) {
      return std::tie(b.rank, a.text, a.row) < std::tie(a.rank, b.text, b.row);
    });
    store::SearchPage page;
    page.capped = capped_;
    std::vector<std::int64_t> rows;
    std::map<std::int64_t, std::pair<std::size_t, std::size_t>> places;
    for (const Hit& hit : hits_) {
      auto group = std::find_if(page.groups.begin(), page.groups.end(),
                                [&](const store::SearchGroup& each) { return each.entity == hit.table->entity; });
      if (group == page.groups.end()) group = page.groups.insert(group, {hit.table->entity, {}, 0});
      ++group->found;
      if (group->hits.size() >= spec_.limit) continue;
      places[hit.row] = {static_cast<std::size_t>(group - page.groups.begin()), group->hits.size()};
      group->hits.push_back({{{}, hit.access, true, {}}, hit.match});
      rows.push_back(hit.row);
    }
    if (rows.empty()) return page;
    Sql sql("SELECT id, oid, list_json FROM doc WHERE ");
    Query query = db_.query(sql.add(db_.dialect().any_of("id", rows)));
    for (;;) {
      TRY_ASSIGN(const bool row, query.step());
      if (!row) return page;
      const auto [group, hit] = places[query.integer(0)];
      store::ListItem& item = page.groups[group].hits[hit].item;
      item.id = query.object_id(1);
      item.text = query.string(2);
    }
  }

  Core& core_;
  Session& db_;
  const store::SearchSpec& spec_;
  const Standing now_;
  std::vector<std::string> words_;
  std::map<std::int64_t, const Table*> kinds_;
  std::shared_ptr<const Roles> roles_;                ///< null: sees everything
  std::vector<std::shared_ptr<const Visible>> seen_;  ///< by kind
  std::int64_t all_ = 0, visible_ = 0;
  bool open_ = false;  ///< there are documents that everybody sees
  std::vector<Hit> hits_;
  bool capped_ = false, asked_words_ = false;
};

}  // namespace

std::vector<std::string> trigrams(std::string_view text, std::size_t most) {
  std::vector<std::size_t> starts;  // of characters
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
  starts.push_back(text.size());
  std::vector<std::string> out;
  if (starts.size() < 4) return out;
  const std::size_t all = starts.size() - 3;
  const std::size_t used = std::min(all, most);
  for (std::size_t i = 0; i < used; ++i) {
    const std::size_t at = used == 1 ? 0 : i * (all - 1) / (used - 1);
    out.emplace_back(text.substr(starts[at], starts[at + 3] - starts[at]));
  }
  return out;
}

Result<void> add_to_search(Session& session, const Table& table, const store::Document& document) {
  const SearchText text = store::search_text(document);
  TRY(session.query("INSERT INTO search (id, kind, acl, active, text) VALUES (?, ?, ?, ?, ?)")
          .bind(document.row, table.kind, document.access, document.active, Borrowed{text.text})
          .run_later());
  TRY(session.dialect().index_text(session, document.row, {}, text.text));
  return add_addresses(session, document.row, text);
}

Result<void> update_search(Session& session, const Table&, const store::Document& before,
                           const store::Document& after) {
  const bool moved = before.access != after.access || before.active != after.active;
  if (!moved && !store::may_search_differ(before, after)) return {};
  const SearchText old_text = store::search_text(before), text = store::search_text(after);
  if (old_text.text != text.text) {
    TRY(session.query("UPDATE search SET acl = ?, active = ?, text = ? WHERE id = ?")
            .bind(after.access, after.active, Borrowed{text.text}, after.row)
            .run_later());
    TRY(session.dialect().index_text(session, after.row, old_text.text, text.text));
  } else if (moved) {
    TRY(session.query("UPDATE search SET acl = ?, active = ? WHERE id = ?")
            .bind(after.access, after.active, after.row)
            .run_later());
  }
  if (same_addresses(old_text, text)) return {};
  for (const IpNetwork& network : old_text.addresses) {
    TRY(session.query("DELETE FROM address WHERE lo = ? AND id = ?")
            .bind(Blob{bytes_of(network.first())}, after.row)
            .run_later());
  }
  return add_addresses(session, after.row, text);
}

Result<void> remove_from_search(Session& session, const store::Document& document) {
  const SearchText text = store::search_text(document);
  for (const IpNetwork& network : text.addresses) {
    TRY(session.query("DELETE FROM address WHERE lo = ? AND id = ?")
            .bind(Blob{bytes_of(network.first())}, document.row)
            .run_later());
  }
  TRY(session.dialect().forget_text(session, document.row, text.text));
  return session.query("DELETE FROM search WHERE id = ?").bind(document.row).run_later();
}

Result<void> clear_search(Session& session, const Table& table) {
  TRY(session.query("DELETE FROM address WHERE id IN (SELECT id FROM search WHERE kind = ?)").bind(table.kind).run());
  TRY(session.dialect().forget_texts(session, table.kind));
  return session.query("DELETE FROM search WHERE kind = ?").bind(table.kind).run();
}

Result<store::SearchPage> SqlDocuments::search(const Context& context, const store::SearchSpec& spec) {
  constexpr int kCuts = 20;
  for (int cut = 0;; ++cut) {
    TRY_ASSIGN(auto db, core_.engine.read(context, true));
    const auto now = standing(*db, 0);
    if (now.ok()) {
      if (context.identity) context.identity->meet(now->identity);
      return Search(core_, *db, spec, *now).page();
    }
    if (cut == kCuts || !is_cut(now.error(), context)) return now.error();
  }
}

}  // namespace maestro::store_sql
