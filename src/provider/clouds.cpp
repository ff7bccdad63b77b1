// Accounts: a session, the limits it shares, and the resources that packs declare, put together.
#include "provider/clouds.h"

#include <fmt/format.h>

#include <mutex>

#include "base/crypto.h"
#include "base/text.h"
#include "provider/listing.h"
#include "provider/session.h"

namespace maestro::provider {

namespace {

/// What outlives one opened account: how fast it was asked lately, and what enrichments found.
struct Shared {
  explicit Shared(const CloudsOptions& options) : limiter(options) {}
  Limiter limiter;
  LookupCache cache;
};

class CloudAccount final : public Account, public std::enable_shared_from_this<CloudAccount> {
 public:
  CloudAccount(const Connection& connection, std::unique_ptr<Session> session, std::shared_ptr<Shared> shared,
               const CloudsOptions& options)
      : session_(std::move(session)), shared_(std::move(shared)), courier_(*session_, shared_->limiter, options) {
    facts_.id = connection.id.hex();
    facts_.name = connection.name;
    facts_.datacenter = connection.datacenter;
    facts_.datacenter_id = connection.datacenter_id;
    facts_.provider = connection.provider;
    facts_.cloud = session_->cloud();
    provider_ = find_provider(connection.provider)->id;
  }

  Result<std::unique_ptr<Listing>> list(const Resource& resource, const std::string& region) override;
  Result<std::vector<std::string>> still_there(const Context& context, const Resource& resource,
                                               const std::string& region, std::span<const std::string> keys) override;
  Result<std::vector<std::string>> regions(const Context& context) override { return session_->all_regions(context); }
  TestReport test(const Context& context, std::span<const Resource* const> resources) override;

  Facts facts(const std::string& region) const {
    Facts out = facts_;
    out.region = region;
    out.region_id = region_id(region);
    return out;
  }
  std::unique_ptr<RegionListing> list_region(const Resource& resource, const std::string& region, Params extra = {}) {
    return std::make_unique<RegionListing>(courier_, shared_->cache, resource, facts(region), std::move(extra));
  }
  Session& session() { return *session_; }

 private:
  Result<void> confirm(const Context& context, const Resource& resource, const std::string& region,
                       std::span<const std::string> keys, std::set<std::string>& there);

  std::unique_ptr<Session> session_;
  std::shared_ptr<Shared> shared_;
  Courier courier_;
  Facts facts_;
  std::string provider_;
};

/// Keeps its account alive, and goes through all regions when none is named.
class AccountListing final : public Listing {
 public:
  AccountListing(std::shared_ptr<CloudAccount> account, const Resource& resource, const std::string& region)
      : account_(std::move(account)), resource_(resource) {
    if (resource.global || !region_id(region).empty()) {
      regions_.push_back(region);
      planned_ = true;
    }
  }

  Result<std::optional<Page>> next(const Context& context) override {
    if (failure_) return *failure_;
    auto page = read(context);
    if (!page) failure_ = page.error();
    return page;
  }

 private:
  Result<std::optional<Page>> read(const Context& context) {
    if (!planned_) {
      TRY_ASSIGN(regions_, account_->session().all_regions(context));
      planned_ = true;
    }
    while (current_ || at_ < regions_.size()) {
      if (!current_) current_ = account_->list_region(resource_, regions_[at_++]);
      TRY_ASSIGN(std::optional<Page> page, current_->next(context));
      if (page) {
        page->number = ++number_;
        return page;
      }
      current_.reset();
    }
    return std::optional<Page>();
  }

  std::shared_ptr<CloudAccount> account_;
  const Resource& resource_;
  std::vector<std::string> regions_;
  bool planned_ = false;
  std::size_t at_ = 0;
  int number_ = 0;
  std::unique_ptr<RegionListing> current_;
  std::optional<Error> failure_;
};

Result<std::unique_ptr<Listing>> CloudAccount::list(const Resource& resource, const std::string& region) {
  if (resource.provider != provider_ || !resource.pack) {
    return invalid(fmt::format("{} is no resource of this connection's provider", resource.id));
  }
  return std::unique_ptr<Listing>(std::make_unique<AccountListing>(shared_from_this(), resource, region));
}

Result<void> CloudAccount::confirm(const Context& context, const Resource& resource, const std::string& region,
                                   std::span<const std::string> keys, std::set<std::string>& there) {
  const Pack& pack = *resource.pack;
  const Confirm& how = *pack.confirm;
  const Facts known = facts(region);
  if (how.param.empty()) {
    for (const std::string& key : keys) {
      const Reply reply = courier_.ask(context, {.shape = pack.shape.get(),
                                                 .request = &how.request,
                                                 .params = {},
                                                 .region = known.region_id,
                                                 .key = key,
                                                 .needs = &resource.permissions});
      if (!reply.error)
        there.insert(key);
      else if (reply.error->code != Code::kNotFound)
        return *reply.error;
    }
    return {};
  }
  const auto mark = how.param.find("{n}");
  for (std::size_t from = 0; from < keys.size(); from += how.size) {
    Params batch;
    for (std::size_t i = from; i < std::min(keys.size(), from + how.size); ++i)
      batch.emplace_back(fmt::format("{}{}{}", how.param.substr(0, mark), i - from + 1, how.param.substr(mark + 3)),
                         keys[i]);
    PageWalk walk(courier_, *pack.shape, how.request, pack.page, pack.items, std::move(batch), known.region_id,
                  resource.permissions);
    while (!walk.over()) {
      TRY_ASSIGN(const Fetched page, walk.fetch(context));
      for (const RawItem& item : page.items) {
        const Scene scene{.raw = item, .found = {}, .facts = &known};
        there.insert(json::scalar_text(evaluate(pack.key, scene)));
      }
      TRY(walk.advance(page));
    }
  }
  return {};
}

Result<std::vector<std::string>> CloudAccount::still_there(const Context& context, const Resource& resource,
                                                           const std::string& region,
                                                           std::span<const std::string> keys) {
  if (!resource.pack || !resource.pack->confirm)
    return invalid(fmt::format("{} cannot be asked for single ids", resource.id));
  std::vector<std::string> regions{region};
  if (!resource.global && region_id(region).empty()) {
    TRY_ASSIGN(regions, session_->all_regions(context));
  }
  std::set<std::string> there;
  for (const std::string& one : regions) TRY(confirm(context, resource, one, keys, there));
  std::vector<std::string> out;
  for (const std::string& key : keys)
    if (there.contains(key)) out.push_back(key);
  return out;
}

TestReport CloudAccount::test(const Context& context, std::span<const Resource* const> resources) {
  const auto probe = [this](const Context& inner, const Resource& resource, const std::string& region) -> Result<void> {
    // Five is the smallest page that every provider here accepts.
    Params few;
    if (!resource.pack->page.limit_param.empty()) few.emplace_back(resource.pack->page.limit_param, "5");
    const auto listing = list_region(resource, region, std::move(few));
    TRY_ASSIGN(const auto page, listing->next(inner));
    if (page && !page->doubts.empty()) return Error{.code = Code::kForbidden, .message = page->doubts.front()};
    return {};
  };
  return session_->test(context, resources, probe);
}

Result<void> check_url(const std::string& url, const char* name) {
  const std::string lower = text::lower(url);
  if (!lower.starts_with("http://") && !lower.starts_with("https://")) {
    return invalid(fmt::format("{} does not start with http:// or https://", name));
  }
  if (url.find_first_of(" \r\n\t@") != std::string::npos)
    return invalid(fmt::format("{} has a space, a line break or an @ in it", name));
  return {};
}

/// A field's value in the connection; empty when it is missing.
std::string_view given(const Connection& connection, const FormField& field) {
  if (field.in_credentials) return json::text_or(connection.credentials, field.name);
  if (field.name == "url") return connection.url;
  if (field.name == "project") return connection.project;
  if (field.name == "user_domain_id") return connection.user_domain_id;
  if (field.name == "api_version") return connection.api_version;
  return {};
}

class RealClouds final : public Clouds {
 public:
  RealClouds(Transport& transport, CloudsOptions options) : transport_(transport), options_(options) {}

  Result<std::shared_ptr<Account>> open(const Connection& connection) override {
    const Provider* provider = find_provider(connection.provider);
    if (provider == nullptr) return invalid(fmt::format("provider: \"{}\" is not known", connection.provider));
    const Method* method =
        find_method(*provider, connection.service.empty() ? connection.provider : connection.service);
    if (method == nullptr)
      return invalid(
          fmt::format("service: {} has no way to sign in called \"{}\"", provider->label, connection.service));
    for (const FormField& field : method->fields) {
      const std::string_view value = text::trim(given(connection, field));
      if (field.required && value.empty()) return invalid(fmt::format("{}: {} is missing", field.name, field.label));
      if (value.find_first_of("\r\n") != std::string_view::npos)
        return invalid(fmt::format("{}: has a line break in it", field.name));
      if (field.name == "url" && !value.empty()) TRY(check_url(std::string(value), "url"));
    }
    std::unique_ptr<Session> session = provider->id == "aws" ? make_aws_session(connection, transport_)
                                                             : make_openstack_session(connection, transport_);
    return std::shared_ptr<Account>(
        std::make_shared<CloudAccount>(connection, std::move(session), shared_for(connection), options_));
  }

 private:
  /// Two connections with the same key onto the same cloud share one allowance, as the provider counts.
  std::shared_ptr<Shared> shared_for(const Connection& connection) {
    const std::string print =
        crypto::sha256(fmt::format("{}\n{}\n{}\n{}", connection.provider, connection.url, connection.project,
                                   json::canonical(json::Value(connection.credentials))));
    const std::lock_guard lock(mutex_);
    if (shared_.size() > 1000) std::erase_if(shared_, [](const auto& row) { return row.second.use_count() == 1; });
    auto& slot = shared_[print];
    if (!slot) slot = std::make_shared<Shared>(options_);
    return slot;
  }

  Transport& transport_;
  CloudsOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Shared>> shared_;
};

}  // namespace

std::unique_ptr<Clouds> make_clouds(const Packs&, Transport& transport, CloudsOptions options) {
  return std::make_unique<RealClouds>(transport, options);
}

}  // namespace maestro::provider
