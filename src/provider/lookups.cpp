#include "provider/lookups.h"

#include <fmt/format.h>

#include "provider/transforms.h"

namespace maestro::provider {

namespace {

constexpr auto kKept = std::chrono::hours(6);
constexpr std::size_t kMaxEntries = 20'000;
constexpr int kMaxLookupPages = 1000;

std::string key_of(const RawItem& item, const std::string& path) {
  const json::Value* value = item.value == nullptr ? nullptr : find_path(*item.value, path);
  return value == nullptr ? std::string() : json::scalar_text(*value);
}

}  // namespace

std::optional<json::Value> LookupCache::find(const std::string& scope, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find({scope, key});
  if (found == entries_.end() || found->second.until < std::chrono::steady_clock::now()) return std::nullopt;
  return found->second.value;
}

void LookupCache::put(const std::string& scope, const std::string& key, json::Value value) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxEntries) entries_.clear();
  entries_.insert_or_assign({scope, key}, Entry{std::move(value), std::chrono::steady_clock::now() + kKept});
}

Result<void> Lookups::fetch(const Context& context, const Lookup& lookup, Params extra, Found& found) {
  PageWalk walk(courier_, *resource_.pack->shape, lookup.request, lookup.page, lookup.items, std::move(extra), region_,
                resource_.permissions);
  for (int pages = 0; !walk.over(); ++pages) {
    if (pages >= kMaxLookupPages) return unavailable("the list has no end");
    auto page = walk.fetch(context);
    if (!page) {
      const auto& empty = lookup.empty_on;
      if (!walk.code().empty() && std::find(empty.begin(), empty.end(), walk.code()) != empty.end()) return {};
      return std::move(page).error();
    }
    for (const RawItem& item : page->items) {
      std::string key = key_of(item, lookup.key);
      if (!key.empty()) found[std::move(key)] = *item.value;
    }
    TRY(walk.advance(*page));
  }
  return {};
}

/// Makes sure that `found` has an entry for every item's key.
Result<void> Lookups::fill(const Context& context, const Lookup& lookup, const std::vector<RawItem>& items,
                           Found& found) {
  const std::string scope = fmt::format("{}/{}/{}", resource_.id, lookup.name, region_);
  std::set<std::string> missing;
  for (const RawItem& item : items) {
    std::string key = key_of(item, lookup.on);
    if (key.empty() || found.contains(key)) continue;
    if (auto kept = cache_.find(scope, key)) {
      found.emplace(std::move(key), std::move(*kept));
    } else {
      missing.insert(std::move(key));
    }
  }
  const auto mark = lookup.param.find("{n}");
  for (auto key = missing.begin(); key != missing.end();) {
    Params batch;
    const auto begin = key;
    for (; key != missing.end() && batch.size() < lookup.size; ++key) {
      batch.emplace_back(
          fmt::format("{}{}{}", lookup.param.substr(0, mark), batch.size() + 1, lookup.param.substr(mark + 3)), *key);
    }
    Found answer;
    TRY(fetch(context, lookup, std::move(batch), answer));
    for (auto asked = begin; asked != key; ++asked) {
      json::Value value = std::move(answer[*asked]);
      cache_.put(scope, *asked, value);
      found.insert_or_assign(*asked, std::move(value));
    }
  }
  return {};
}

std::vector<Enriched> Lookups::find(const Context& context, const std::vector<RawItem>& items,
                                    std::vector<std::string>& doubts) {
  std::vector<Enriched> out(items.size());
  for (const Lookup& lookup : resource_.pack->lookups) {
    const bool whole_list = lookup.param.empty();
    const bool is_new = !found_.contains(lookup.name);
    Found& found = found_[lookup.name];
    if (const auto before = failed_.find(lookup.name); before != failed_.end()) {
      doubts.push_back(before->second);
    } else if (!whole_list || is_new) {
      const auto done = whole_list ? fetch(context, lookup, {}, found) : fill(context, lookup, items, found);
      if (!done) {
        std::string doubt = fmt::format("{} could not be read: {}", lookup.name, done.error().message);
        const Code code = done.error().code;
        if (whole_list || code == Code::kForbidden || code == Code::kInvalid) failed_[lookup.name] = doubt;
        doubts.push_back(std::move(doubt));
      }
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto one = found.find(key_of(items[i], lookup.on));
      if (one != found.end() && !one->second.is_null()) out[i].emplace_back(lookup.name, &one->second);
    }
  }
  return out;
}

}  // namespace maestro::provider
