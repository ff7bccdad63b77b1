// Violations: every rule that a request breaks, told together in one 422.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace maestro::api {

/// A text of a client as a message shows it: at most `limit` bytes, cut between two characters.
std::string shown(std::string_view text, std::size_t limit = 60);

class Violations {
 public:
  bool empty() const { return details_.empty(); }
  /// `path` leads to the offending part of the request; `label` is what the message calls it.
  void add(json::Array path, std::string_view label, std::string_view tail, std::string_view type);
  /// For a parameter of its own: its name is path and label.
  void add(std::string_view parameter, std::string_view tail, std::string_view type);
  /// kInvalid with [{message,path,type,context}]; only when there is one.
  Error error() const;

 private:
  json::Array details_;
  std::string first_;
};

}  // namespace maestro::api
