// MemoryTable: the columns of one kind in memory, one value a document in the order of rows.
#pragma once

#include <array>
#include <mutex>
#include <unordered_map>

#include "store_sql/mask.h"
#include "store_sql/session.h"
#include "store_sql/tables.h"

namespace maestro::store_sql {

/// What a viewer sees of a kind.
struct Visible {
  std::int64_t all = 0, visible = 0;
  std::vector<std::int64_t> sets;  ///< of the viewer, that have documents
};

/// The columns of one kind. Not thread-safe, but any number may read.
class MemoryTable {
 public:
  explicit MemoryTable(const Table& table);

  std::size_t size() const { return ids_.size(); }
  /// Reads rows that changed after `version`; all of them the first time.
  Result<void> pull(Session& session, std::int64_t version);

  struct Answer {
    Mask mask;
    std::vector<std::size_t> unsure;  ///< documents whose columns do not speak for them: their bodies must be asked
  };
  /// nullopt when the filter asks for more than columns know.
  std::optional<Answer> evaluate(const store::Filter& filter) const;
  void keep_active(Mask& mask, bool active) const;
  /// Keeps what a viewer with these roles by set may see, and of that what is active or not. See visible().
  void keep_visible(Mask& mask, const std::string& viewer, const std::vector<unsigned char>& roles, int role,
                    const std::optional<bool>& active) const;
  /// Marks the rows of documents that such a viewer sees; `marks` grows to hold them.
  void mark_visible(std::vector<bool>& marks, const std::string& viewer, const std::vector<unsigned char>& roles,
                    int role, const std::optional<bool>& active) const;
  /// The slot of this row is marked.
  bool is_marked(const Mask& mask, std::int64_t row) const;
  static std::int64_t count(const Mask& mask);
  std::int64_t count(const std::optional<bool>& active) const;
  /// `viewer` names whose roles these are. Sets never change, so an answer holds until documents come, go or move to
  /// other sets.
  std::shared_ptr<const Visible> visible(const std::string& viewer, const std::vector<unsigned char>& roles, int role,
                                         const std::optional<bool>& active) const;

  std::int64_t row(std::size_t slot) const { return ids_[slot]; }
  std::int64_t acl(std::size_t slot) const { return acl_[slot]; }
  bool active(std::size_t slot) const { return active_[slot] != 0; }
  bool sorts_by(std::string_view path) const;
  Value key(std::size_t slot, std::string_view path) const;
  /// The first `keep` of the mask in the order of a path (and of rows), behind a position if there is one.
  std::vector<std::size_t> first(const Mask& mask, std::string_view path, bool descending,
                                 const std::optional<std::pair<Value, std::int64_t>>& behind, std::size_t keep) const;
  /// Documents by value of a column with few values.
  void count_values(const Mask& mask, std::size_t column, std::unordered_map<std::string, std::int64_t>& values,
                    std::int64_t& missing) const;

 private:
  /// A small number a document: in a byte while all of them fit.
  class Codes {
   public:
    void resize(std::size_t size);
    void set(std::size_t slot, std::uint32_t code);
    std::uint32_t at(std::size_t slot) const { return is_wide_ ? wide_[slot] : narrow_[slot]; }
    /// Sets the mask where the answer to the document's number is 1.
    void keep(const std::vector<unsigned char>& answers, Mask& mask) const;
    template <typename Use>
    void visit(const Use& use) const {
      if (is_wide_)
        use(wide_);
      else
        use(narrow_);
    }

   private:
    bool is_wide_ = false;
    std::vector<std::uint8_t> narrow_;
    std::vector<std::uint32_t> wide_;
  };
  /// Few distinct values: a number for each, 0 for none.
  struct Dictionary {
    std::vector<std::string> values = {{}};
    std::unordered_map<std::string, std::uint32_t> codes;
    Codes of;
    void set(std::size_t slot, const std::optional<std::string_view>& text);
  };
  /// Many distinct values, in lower case behind each other; those with capitals stand apart as they are.
  static constexpr std::uint64_t kCapitals = std::uint64_t{1} << 63;
  struct Texts {
    std::string lower = std::string(1, '\0');
    std::vector<std::uint64_t> start;                            ///< of each document, kCapitals with it; 0 = none
    std::vector<std::uint64_t> head;                             ///< of each document: how its text begins; 0 = none
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;  ///< start and slot, ascending; outdated ones stay
    std::unordered_map<std::size_t, std::string> capitals;
    void resize(std::size_t size);
    void set(std::size_t slot, const std::optional<std::string_view>& text);
    std::optional<std::string_view> get(std::size_t slot) const;
    void compact();
  };
  using Column = std::variant<Dictionary, Texts, std::vector<double>>;

  void resize(std::size_t size);
  /// False when the columns do not know; `odd` gathers the bits of those that were asked.
  bool leaf(const store::Condition& condition, std::int64_t& odd, Mask& mask) const;
  bool tree(const store::Filter& filter, std::int64_t& odd, Mask& mask) const;
  /// Calls `use` with three functions of a slot: its comparable key (nullopt below everything); the key's head, a
  /// number that is less only where the key is; and one that fetches both into the processor's cache, in two steps.
  /// False without such a path.
  template <typename Use>
  bool with_keys(std::string_view path, const Use& use) const;
  void find_literal(const Texts& texts, const store::Literal& literal, Mask& mask) const;

  void count_one(std::int32_t set, bool active, int by);
  std::shared_ptr<const Mask> visible_mask(const std::string& viewer, const std::vector<unsigned char>& roles, int role,
                                           const std::optional<bool>& active) const;

  const Table& table_;
  std::vector<std::int64_t> ids_, created_, updated_;
  std::vector<std::int32_t> acl_;
  std::vector<unsigned char> active_;
  std::unordered_map<std::size_t, std::int64_t> odd_;  ///< see Table; of those documents that have any
  std::vector<Column> columns_;

  struct SetCount {
    std::int32_t set = 0;
    std::array<std::int64_t, 2> n = {};  ///< by activity
  };
  std::vector<SetCount> set_counts_;
  std::unordered_map<std::int32_t, std::size_t> place_of_set_;
  std::array<std::int64_t, 2> counts_ = {};  ///< by activity

  mutable std::mutex seen_mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const Visible>> seen_;  ///< what visible() has answered
  mutable std::size_t seen_sets_ = 0;                                             ///< in all of them
  mutable std::unordered_map<std::string, std::shared_ptr<const Mask>> masks_;    ///< by viewer: what it sees
};

}  // namespace maestro::store_sql
