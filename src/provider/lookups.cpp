#include "provider/lookups.h"

#include <fmt/format.h>

#include "provider/transforms.h"

namespace maestro::provider {

namespace {

constexpr auto kKept = std::chrono::hours(6);
constexpr std::size_t kMaxEntries = 20'000;
constexpr int kMaxPages = 1000;

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
    if (pages >= kMaxPages) return unavailable("the list has no end");
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

void Lookups::batches(const Context& context, const Lookup& lookup, const std::vector<RawItem>& items, Found& found,
                      std::vector<std::string>& doubts) {
  const std::string scope = fmt::format("{}/{}/{}", resource_.id, lookup.name, region_);
  std::set<std::string> missing;
  for (const RawItem& item : items) {
    std::string key = key_of(item, lookup.on);
    if (key.empty() || found.contains(key)) continue;
    if (auto kept = cache_.find(scope, key)) {
      if (!kept->is_null()) found[key] = std::move(*kept);
    } else {
      missing.insert(std::move(key));
    }
  }
  if (missing.empty()) return;
  if (const auto before = failed_.find(lookup.name); before != failed_.end()) {
    doubts.push_back(before->second);
    return;
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
    if (auto done = fetch(context, lookup, std::move(batch), answer); !done) {
      std::string doubt = fmt::format("{} could not be read: {}", lookup.name, done.error().message);
      if (done.error().code == Code::kForbidden || done.error().code == Code::kInvalid) failed_[lookup.name] = doubt;
      doubts.push_back(std::move(doubt));
      return;
    }
    for (auto asked = begin; asked != key; ++asked) {
      const auto got = answer.find(*asked);
      cache_.put(scope, *asked, got == answer.end() ? json::Value() : got->second);
      if (got != answer.end()) found[*asked] = std::move(got->second);
    }
  }
}

std::vector<json::Object> Lookups::find(const Context& context, const std::vector<RawItem>& items,
                                        std::vector<std::string>& doubts) {
  std::vector<json::Object> out(items.size());
  for (const Lookup& lookup : resource_.pack->lookups) {
    Found batch;
    const Found* found = &batch;
    if (!lookup.param.empty()) {
      batches(context, lookup, items, batch, doubts);
    } else {
      auto list = lists_.find(lookup.name);
      if (list == lists_.end() && !failed_.contains(lookup.name)) {
        Found whole;
        if (auto done = fetch(context, lookup, {}, whole); !done) {
          failed_[lookup.name] = fmt::format("{} could not be read: {}", lookup.name, done.error().message);
        } else {
          list = lists_.emplace(lookup.name, std::move(whole)).first;
        }
      }
      if (list == lists_.end()) {
        doubts.push_back(failed_[lookup.name]);
        continue;
      }
      found = &list->second;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto one = found->find(key_of(items[i], lookup.on));
      if (one != found->end()) out[i][lookup.name] = one->second;
    }
  }
  return out;
}

}  // namespace maestro::provider
