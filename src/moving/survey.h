// Survey: a whole dump read through before anything of it is written. What it finds is the dry run.
#pragma once

#include <functional>
#include <memory>

#include "moving/replay.h"
#include "moving/timers.h"

namespace maestro::moving {

struct Options {
  std::string folder;
  Databases databases;
  std::optional<std::string> secret;  ///< MAESTRO_SECRETJWT of the original
  bool without_credentials = false;   ///< connections may come without theirs
};

/// What became of the documents of a collection; read = moved + refused + left.
struct Tally {
  std::int64_t read = 0;
  std::int64_t moved = 0;    ///< written; of changes: rows of history
  std::int64_t refused = 0;  ///< cannot be here
  std::int64_t left = 0;     ///< have no place here, or say nothing
  bool operator==(const Tally&) const = default;
};

/// Hears what is being done, and how many documents it has come to.
using OnProgress = std::function<void(std::string_view what, std::int64_t done)>;

class Survey {
 public:
  /// The findings must outlive the call. kInvalid for a damaged dump.
  static Result<std::unique_ptr<Survey>> make(const Context& context, Options options, const provider::Packs& packs,
                                              Findings& findings, const OnProgress& on_progress);
  Survey(const Survey&) = delete;
  Survey& operator=(const Survey&) = delete;

  const std::vector<Collection>& collections() const { return collections_; }
  const std::vector<Tally>& tallies() const { return tallies_; }
  const Census& census() const { return census_; }
  const Converter& converter() const { return converter_; }
  const Timers& timers() const { return timers_; }
  /// Living connections, in a fixed order.
  const std::vector<ObjectId>& connections() const { return connections_; }
  bool without_credentials() const { return options_.without_credentials; }
  /// kInvalid when credentials would be lost without anybody having said so.
  Result<void> check_secret() const;

 private:
  Survey(Options options, const provider::Packs& packs)
      : options_(std::move(options)),
        identities_(packs, census_),
        converter_(census_, identities_, options_.secret),
        timers_(packs) {}
  Result<void> count(const Context& context, Findings& findings, const OnProgress& on_progress);
  Result<void> look(const Context& context, Findings& findings, const OnProgress& on_progress);
  Result<void> look_at_changes(const Context& context, Findings& findings, const OnProgress& on_progress);
  void check_identity(const Ready& ready, const Place& place, std::vector<Remark>& remarks);

  Options options_;
  std::vector<Collection> collections_;
  std::vector<Tally> tallies_;
  Census census_;
  Identities identities_;
  Converter converter_;
  Timers timers_;
  std::vector<ObjectId> connections_;
  std::int64_t envelopes_ = 0, opened_ = 0;
  std::map<std::string, ObjectId> keys_, unique_ids_;  ///< who has them first
};

/// What a stored document says that our rules or other documents do not bear out; nothing is changed.
void check_document(const Collection& collection, const Ready& ready, const Census& census, bool by_hand,
                    std::vector<Remark>& remarks);

}  // namespace maestro::moving
