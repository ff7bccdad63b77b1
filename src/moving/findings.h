// Findings: what of a dump did not fit, and what was done with it.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

namespace maestro::moving {

struct Finding {
  std::string collection;  ///< "database.collection"
  std::string id;          ///< of the document, as the dump has it
  std::string field;       ///< dotted; empty for the document as a whole
  std::string rule;        ///< what did not fit
  std::string done;        ///< what became of it
};

/// Counts every finding and keeps a few of each kind; all of them go to a stream when there is one.
class Findings {
 public:
  static constexpr std::size_t kKept = 10;

  /// One line a finding, tab-separated; nullptr = nowhere. Must outlive this.
  explicit Findings(std::ostream* all = nullptr) : all_(all) {}
  void add(Finding finding);

  struct Group {
    std::int64_t count = 0;
    std::vector<Finding> examples;
  };
  /// By collection, rule and what was done.
  using Groups = std::map<std::tuple<std::string, std::string, std::string>, Group>;
  const Groups& groups() const { return groups_; }
  std::int64_t count() const { return count_; }

 private:
  std::ostream* all_;
  Groups groups_;
  std::int64_t count_ = 0;
};

}  // namespace maestro::moving
