// FakeClouds: scripted clouds for tests: accounts with regions full of items, pages of any size, faults on any page.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "json/json.h"
#include "provider/provider.h"

namespace maestro::discovery {

struct FakeItem {
  json::Object fields;  ///< beside unique_id and datacenters, which every item has
  std::string flavor;   ///< a link; empty = none
  std::vector<std::string> keep;
  std::string key;  ///< where it differs from the id
};

class FakeClouds final : public provider::Clouds {
 public:
  using Estate = std::map<std::string, FakeItem>;  ///< by id, which is the order of the listing
  /// Where a call happens: resource, region, page (1, 2, ...; the call that says "no further page" counts).
  struct Place {
    std::string account, resource, region;
    int page = 0;
  };

  std::size_t page_size = 2;
  /// Asked before each page; an error ends the listing. May have effects (cancel a run, kill a worker).
  std::function<std::optional<Error>(const Place&)> fault;
  /// May change a page: doubts, item errors, repeated items.
  std::function<void(const Place&, provider::Page&)> bend;
  std::function<std::optional<Error>()> refuse_to_open;
  std::function<Result<std::vector<std::string>>(std::vector<std::string>)> confirm_fault;

  /// Not while a listing runs.
  Estate& at(const std::string& account, const std::string& region, const std::string& resource = "aws/machines") {
    return estates_[account][region][resource];
  }
  std::vector<std::string> all_regions = {"r1", "r2"};
  /// Still answers when asked by id, though its listings leave it out.
  std::map<std::string, std::vector<std::string>> hidden;  // by account

  int pages_served() const {
    const std::lock_guard lock(mutex_);
    return pages_;
  }
  int asked_ids() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  Result<std::shared_ptr<provider::Account>> open(const provider::Connection& connection) override {
    if (refuse_to_open) {
      if (auto error = refuse_to_open()) return *error;
    }
    std::shared_ptr<provider::Account> account = std::make_shared<Account>(*this, connection);
    return account;
  }

 private:
  class Listing final : public provider::Listing {
   public:
    Listing(FakeClouds& clouds, provider::Connection connection, Place place, Estate estate)
        : clouds_(clouds), connection_(std::move(connection)), place_(std::move(place)), estate_(std::move(estate)) {}
    Result<std::optional<provider::Page>> next(const Context& context) override {
      ++place_.page;
      if (context.stopped()) return unavailable("stopped");
      if (clouds_.fault) {
        if (auto error = clouds_.fault(place_)) return *error;
      }
      const std::size_t from = static_cast<std::size_t>(place_.page - 1) * clouds_.page_size;
      if (from >= estate_.size() && place_.page > 1) return std::optional<provider::Page>();
      if (estate_.empty() && place_.page > 1) return std::optional<provider::Page>();
      provider::Page page{.number = place_.page, .items = {}, .item_errors = {}, .doubts = {}};
      auto at = estate_.begin();
      std::advance(at, static_cast<long>(from));
      for (std::size_t i = 0; i < clouds_.page_size && at != estate_.end(); ++i, ++at)
        page.items.push_back(clouds_.item(connection_, place_, at->first, at->second));
      if (clouds_.bend) clouds_.bend(place_, page);
      const std::lock_guard lock(clouds_.mutex_);
      ++clouds_.pages_;
      return std::optional(std::move(page));
    }

   private:
    FakeClouds& clouds_;
    provider::Connection connection_;
    Place place_;
    Estate estate_;  ///< as it was when the listing began
  };

  class Account final : public provider::Account {
   public:
    Account(FakeClouds& clouds, const provider::Connection& connection) : clouds_(clouds), connection_(connection) {
      name_ = json::text_or(connection.credentials, "account");
    }
    Result<std::unique_ptr<provider::Listing>> list(const provider::Resource& resource,
                                                    const std::string& region) override {
      return std::unique_ptr<provider::Listing>(std::make_unique<Listing>(
          clouds_, connection_, Place{.account = name_, .resource = resource.id, .region = region},
          estate(resource, region)));
    }
    Result<std::vector<std::string>> still_there(const Context&, const provider::Resource& resource,
                                                 const std::string& region,
                                                 std::span<const std::string> keys) override {
      std::vector<std::string> out;
      const Estate here = estate(resource, region);
      const auto& unlisted = clouds_.hidden[name_];
      for (const std::string& key : keys)
        if (here.contains(key) || std::find(unlisted.begin(), unlisted.end(), key) != unlisted.end())
          out.push_back(key);
      const std::lock_guard lock(clouds_.mutex_);
      clouds_.asked_ += static_cast<int>(keys.size());
      if (clouds_.confirm_fault) return clouds_.confirm_fault(std::move(out));
      return out;
    }
    Result<std::vector<std::string>> regions(const Context&) override { return clouds_.all_regions; }
    provider::TestReport test(const Context&, std::span<const provider::Resource* const>) override { return {}; }

   private:
    Estate estate(const provider::Resource& resource, const std::string& region) {
      return clouds_.at(name_, region, resource.id);
    }
    FakeClouds& clouds_;
    provider::Connection connection_;
    std::string name_;
  };

  static provider::Item item(const provider::Connection& connection, const Place& place, const std::string& id,
                             const FakeItem& from) {
    provider::Item out{.key = from.key.empty() ? id : from.key,
                       .legacy_key = id,
                       .fields = from.fields,
                       .hash = {},
                       .links = {},
                       .keep = from.keep};
    out.fields["unique_id"] = id;
    json::set(out.fields, "datacenters._id", json::Value(std::string_view(connection.datacenter_id)));
    json::set(out.fields, "datacenters.name", json::Value(std::string_view(connection.datacenter)));
    json::set(out.fields, "datacenters.region", json::Value(std::string_view(place.region)));
    if (place.resource != "aws/sizes")
      json::set(out.fields, "datacenters.instance_id", json::Value(std::string_view(id)));
    if (!from.flavor.empty()) out.links.push_back({.kind = provider::Item::Link::Kind::kFlavor, .value = from.flavor});
    out.hash = crypto::sha256(out.key + json::canonical(out.fields));
    return out;
  }

  std::map<std::string, std::map<std::string, std::map<std::string, Estate>>> estates_;
  mutable std::mutex mutex_;
  int pages_ = 0;
  int asked_ = 0;
};

}  // namespace maestro::discovery
