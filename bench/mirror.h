// Mirror: the very rows that the product has written, as a list of statements for a plain program.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bare_store.h"

namespace maestro::bench {

/// Reads the product's database; knows what it has seen. Rows of servers only, so nothing else may be written beside.
class Mirror {
 public:
  /// `from` must be no connection of the product's own.
  explicit Mirror(BareStore& from) : from_(from) {}

  /// What was inserted since the last call. Counters stand in `last` alone, with their last values.
  std::vector<Write> inserted(bool last);
  /// What makes the rows first .. last of `to`, which had been equal, equal again; and new history.
  std::vector<Write> changed(BareStore& to, std::int64_t first, std::int64_t last);
  /// Counters at their last values, over what `to` has.
  std::vector<Write> counted(BareStore& to);

 private:
  Rows rows(const std::string& table, const std::string& where);
  void insert(std::vector<Write>& out, const std::string& table, const std::string& where);
  void replace(std::vector<Write>& out, BareStore& to, const std::string& table, const std::vector<std::string>& key,
               const std::string& where);
  std::int64_t top(const std::string& table, const std::string& column);

  BareStore& from_;
  std::int64_t row_ = 0, set_ = 0, history_ = 0;
};

}  // namespace maestro::bench
