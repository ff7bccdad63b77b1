// Census: what has to be known of a whole dump before its first document can be understood.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/context.h"
#include "moving/findings.h"
#include "moving/walk.h"

namespace maestro::moving {

/// Where a document stands in the dump.
struct Place {
  std::size_t collection = 0;  ///< by position in the list of collections
  std::int64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

/// What of a connection counts for what it found.
struct Source {
  Principal owner;
  std::string provider;    ///< as stored
  std::string datacenter;  ///< `dc_id`
  bool active = false;
};

/// Who last changed a part of a document, as far as the audit knows.
struct Edit {
  std::string by;  ///< mail address
  Time at{};
};
/// By granule (see inventory/provenance.h). What discovery wrote last is not in it.
using Edits = std::map<std::string, Edit>;

class Census {
 public:
  /// Every document, in the order of the collections.
  void take(const Collection& collection, const Place& place, const Stored& stored, Findings& findings);

  /// A record of the audit once more, after all were taken: what discovery changed last is no edit of a person.
  void outdate(const json::Object& record);
  /// After all were taken: of active documents that may not have the same value, the oldest keeps it.
  void settle_claims(Findings& findings);
  /// Instead of take(): a document that stays behind. It counts in the hash alone.
  void skip(const Place& place, const Stored& stored);
  bool is_skipped(const Place& place) const { return skipped_.contains(place); }

  bool has(const std::string& collection, const ObjectId& id) const;
  bool has_collection(const std::string& collection) const { return ids_.contains(collection); }
  /// What an id in a role or an owner stands for: the original compares ids alone, so what is stored under the id
  /// counts before the word beside it.
  Principal holder(const ObjectId& id, std::string_view refs) const;
  const Source* source(const ObjectId& connection) const;
  /// nullptr when the audit tells nothing of it.
  const Edits* edits(const ObjectId& document) const;
  std::optional<ObjectId> user_by_mail(std::string_view mail) const;

  /// The document has an id that an earlier one of its collection has.
  bool is_doubled(const Place& place) const { return doubled_.contains(place); }
  /// The document is active in the dump and cannot be here, because an older one has what only one may have.
  bool is_outdone(const Place& place) const { return outdone_.contains(place); }
  /// The id that a document gets: its own, unless that is no object id or another kind has it.
  ObjectId id_of(const Place& place, const Collection& collection, const json::Object& body) const;
  /// Over every byte of the dump.
  const std::string& hash() const { return hash_; }

  /// Rows that must do without a provider identity: an earlier one of the same owner has it.
  std::set<Place> keyless;

 private:
  /// An active document with values that no other active one of its kind may have (model::Field::exclusive).
  struct Claim {
    Time born{};
    ObjectId id;
    Place place;
    std::string collection, shown_id;
    std::vector<std::pair<std::string, std::string>> values;  ///< path and text in lower case
  };
  void take_claims(const Collection& collection, const Place& place, const json::Object& body, const ObjectId& id);
  void take_connection(const json::Object& body, const ObjectId& id);
  void take_audit(const json::Object& body);

  std::unordered_map<std::string, std::unordered_set<ObjectId>> ids_;
  std::unordered_set<ObjectId> all_ids_;
  std::unordered_map<ObjectId, Source> sources_;
  std::map<const model::Entity*, std::vector<Claim>> claims_;
  std::unordered_map<std::string, ObjectId> mails_;  ///< of active users; lower case
  std::unordered_map<ObjectId, Edits> edits_;
  std::set<Place> doubled_, skipped_, outdone_;
  std::map<Place, ObjectId> renamed_;
  std::string hash_;
};

/// The word for what discovery of the original did.
inline constexpr const char* kDiscoverer = "MaestroServer";

/// The id as a person knows it from the dump.
std::string shown_id(const json::Object& body);

}  // namespace maestro::moving
