// PageWalk: from the first page of a list to the last, in the three ways that providers link pages.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "provider/session.h"

namespace maestro::provider {

struct Fetched {
  std::unique_ptr<const json::Value> answer;
  std::vector<RawItem> items;  ///< pointers into `answer`
};

/// Not thread-safe. fetch() asks the current page as often as it is called; advance() moves on.
class PageWalk {
 public:
  PageWalk(Courier& courier, const Shape& shape, const Request& request, const Paging& paging, const Items& items,
           Params extra, std::string region, const std::vector<std::string>& needs);
  bool over() const { return over_; }
  Result<Fetched> fetch(const Context& context);
  /// kUnavailable when the provider names a page that it named before: following it would never end.
  Result<void> advance(const Fetched& page);
  /// The provider's code of the last error.
  const std::string& code() const { return code_; }
  /// True when the page says that another one follows.
  bool names_next(const Fetched& page) const;
  /// True when pages are found by marker and this one held as many items as were asked for.
  bool is_full(const Fetched& page) const;

 private:
  std::string next_token(const Fetched& page) const;

  Courier& courier_;
  const Shape& shape_;
  Request request_;
  const Paging& paging_;
  const Items& items_;
  Params extra_;
  std::string region_;
  const std::vector<std::string>& needs_;
  std::string token_, code_;
  std::unordered_set<std::string> seen_;
  bool over_ = false;
};

}  // namespace maestro::provider
