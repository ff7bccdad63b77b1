#include "provider/page_walk.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "provider/transforms.h"

namespace maestro::provider {

namespace {

/// The value of a parameter in a link; the rest of the link is not used: it may name a host that only the provider
/// knows.
std::string query_value(std::string_view url, std::string_view name) {
  const auto question = url.find('?');
  if (question == std::string_view::npos) return {};
  for (const std::string_view part : text::split(url.substr(question + 1), '&')) {
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name)
      return text::percent_decode(part.substr(equals + 1), true);
  }
  return {};
}

const std::string* param(const Params& params, std::string_view name) {
  for (const auto& [key, value] : params)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

PageWalk::PageWalk(Courier& courier, const Shape& shape, const Request& request, const Paging& paging,
                   const Items& items, Params extra, std::string region, const std::vector<std::string>& needs)
    : courier_(courier),
      shape_(shape),
      request_(request),
      paging_(paging),
      items_(items),
      extra_(std::move(extra)),
      region_(std::move(region)),
      needs_(needs) {}

Result<Fetched> PageWalk::fetch(const Context& context) {
  Ask ask{.shape = &shape_, .request = &request_, .params = extra_, .region = region_, .key = {}, .needs = &needs_};
  if (!token_.empty())
    ask.params.emplace_back(paging_.token_into.empty() ? paging_.marker_into : paging_.token_into, token_);
  Reply reply = courier_.ask(context, ask);
  if (reply.error && reply.error->code == Code::kForbidden && !request_.without_when_forbidden.empty()) {
    for (const std::string& name : request_.without_when_forbidden)
      std::erase_if(request_.params, [&](const auto& row) { return row.first == name; });
    request_.without_when_forbidden.clear();
    reply = courier_.ask(context, ask);
  }
  code_ = reply.code;
  if (reply.error) return std::move(*reply.error);
  Fetched page{.answer = std::make_unique<const json::Value>(std::move(reply.answer)), .items = {}};
  auto items = find_items(items_, *page.answer);
  if (!items) {
    // A 200 of another kind (a portal's page, a proxy's text) must not pass for an empty list.
    return unavailable(fmt::format("{} gave an unexpected answer: {}",
                                   request_.action.empty() ? request_.path : request_.action, items.error().message));
  }
  page.items = std::move(*items);
  return page;
}

bool PageWalk::is_full(const Fetched& page) const {
  if (paging_.limit_param.empty() || paging_.marker_from.empty()) return false;
  const std::string* limit = param(extra_, paging_.limit_param);
  if (limit == nullptr) limit = param(request_.params, paging_.limit_param);
  std::size_t count = 0;
  if (limit == nullptr || std::from_chars(limit->data(), limit->data() + limit->size(), count).ec != std::errc())
    return false;
  return count > 0 && page.items.size() >= count;
}

std::string PageWalk::next_token(const Fetched& page) const {
  if (!paging_.token_from.empty()) {
    const json::Value* token = find_path(*page.answer, paging_.token_from);
    return token == nullptr ? std::string() : json::scalar_text(*token);
  }
  if (paging_.marker_from.empty()) return {};
  if (!paging_.links.empty()) {
    const json::Value* links = find_path(*page.answer, paging_.links);
    if (links != nullptr && links->is_array()) {
      for (const json::Value& link : links->get_array()) {
        const json::Object* object = link.if_object();
        if (object == nullptr || json::text_or(*object, "rel") != "next") continue;
        std::string marker = query_value(json::text_or(*object, "href"), paging_.marker_into);
        if (!marker.empty()) return marker;
      }
    }
  }
  if (!is_full(page)) return {};
  const json::Value* last = find_path(*page.items.back().value, paging_.marker_from);
  return last == nullptr ? std::string() : json::scalar_text(*last);
}

bool PageWalk::names_next(const Fetched& page) const { return !next_token(page).empty(); }

Result<void> PageWalk::advance(const Fetched& page) {
  std::string token = next_token(page);
  if (token.empty()) {
    over_ = true;
    return {};
  }
  if (!seen_.insert(token).second) {
    over_ = true;
    return unavailable(fmt::format("{} in {} named a next page that it had named before, so the list has no end",
                                   request_.action.empty() ? request_.path : request_.action, region_));
  }
  token_ = std::move(token);
  return {};
}

}  // namespace maestro::provider
