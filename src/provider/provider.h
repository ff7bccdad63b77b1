// What the rest of the house sees of clouds: providers, connections to them, resources declared by packs, listings.
//
// A provider cannot reach the database. It is given a Connection, and gives back pages of translated items.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/embedded.h"
#include "base/result.h"
#include "json/json.h"

namespace maestro::provider {

/// One connection with its credentials in the clear: lives in memory only, never in a log, a job or an error.
struct Connection {
  ObjectId id;
  std::string name;
  std::string provider;    ///< label as stored: "AWS", "Openstack"
  std::string service;     ///< method id as stored: "iam_aws", "OpenStack"
  std::string datacenter;  ///< `dc`: name of the datacenter document
  std::string datacenter_id;
  std::string url;  ///< endpoint override (AWS), Keystone URL (OpenStack)
  std::string project;
  std::string user_domain_id;
  std::string api_version;
  std::vector<std::string> regions;  ///< as stored; a region may carry a description after a space
  json::Object credentials;
};

/// One input of the connection form.
struct FormField {
  std::string name, label;
  enum class Type { kText, kPassword, kSelect, kTextArea } type = Type::kText;
  bool secret = false;
  bool required = true;
  std::string help, placeholder, fallback;
  std::vector<std::string> options;
  bool in_credentials = true;  ///< true: goes into `conn`; false: a top-level key of the connection
};

/// One way to sign in to a provider.
struct Method {
  std::string id;  ///< value of `service`
  std::string label, doc;
  std::vector<std::string> aliases;  ///< other `service` words that stored connections use for it (any case)
  enum class Url { kNone, kOptional, kRequired } url = Url::kNone;
  bool regions = true;  ///< the form offers regions
  std::vector<FormField> fields;
};

struct Region {
  std::string id, label;
};

struct Provider {
  std::string id;     ///< "aws", "openstack": folder of its packs, word in new routes
  std::string label;  ///< value of `provider` on documents: "AWS", "Openstack"
  std::string doc;
  std::string icon;             ///< icon class that the original's client knows
  std::vector<Region> regions;  ///< known ones; empty = free text
  std::vector<Method> methods;
};

/// How often a task runs by default.
struct Every {
  int count = 5;
  std::string period = "minutes";  ///< seconds, minutes, hours, days, weeks
  std::int64_t millis() const;
};

struct Pack;  // the parsed YAML; see provider/pack.h

/// A kind of thing that one provider lists: "aws/ec2_instances". Owned by Packs.
struct Resource {
  std::string id;  ///< "<provider>/<file name without .yaml>"
  std::string provider;
  std::string task;    ///< wire name of the task it belongs to: "server-list"
  std::string entity;  ///< entity that its items become: "servers"
  std::string label, doc;
  std::vector<std::string> permissions;  ///< what the credential must be allowed to do
  Every every;
  bool global = false;    ///< one scope an account instead of one a region
  bool confirms = false;  ///< can ask for single ids, so that a vanished item is proven gone before it is retired
  int order = 0;          ///< lower runs first inside a task (flavors before servers)
  std::shared_ptr<const Pack> pack;
};

/// All packs of this process: the embedded ones, overridden file by file by a folder. Immutable, thread-safe.
class Packs {
 public:
  /// `folder` may be empty. kInvalid carries file, line and column of the first mistake.
  static Result<Packs> load(std::span<const EmbeddedFile> embedded, const std::string& folder);
  const Resource* find(std::string_view id) const;
  std::span<const Resource> all() const { return resources_; }
  /// Resources of a provider's task, by `order`; empty when there is no such task.
  std::vector<const Resource*> of_task(std::string_view provider_id, std::string_view task) const;
  /// Task names of a provider, each once, in first-use order.
  std::vector<std::string> tasks(std::string_view provider_id) const;

 private:
  std::vector<Resource> resources_;
};

/// The catalog of providers (src/provider/<id>/). The list is fixed at build time.
std::span<const Provider> providers();
/// By id, label, or label without spaces, any case; nullptr when unknown.
const Provider* find_provider(std::string_view word);
/// The method that a stored `service` word (or, for old documents, the provider label) means; nullptr when unknown.
const Method* find_method(const Provider& provider, std::string_view service);

/// One provider item as an entity of ours: the fields that discovery owns, nothing of access or provenance.
struct Item {
  std::string key;         ///< the provider's own id, with account and region where the id is only a name
  std::string legacy_key;  ///< value by which a hand-made row is adopted (`unique_id`, `datacenters.instance_id`)
  json::Object fields;     ///< entity fields by wire name; `active` where the provider's state decides it
  std::string hash;        ///< 32 raw bytes over key and fields without the volatile ones
  /// Look-ups in our own inventory that reconcile does: flavor id for cpu/memory, application names.
  struct Link {
    enum class Kind { kFlavor, kApplicationName, kApplicationId } kind;
    std::string value;
  };
  std::vector<Link> links;
  /// Dotted fields that this reading could not fill because an enrichment failed: stored values stay.
  std::vector<std::string> keep;
};

struct Page {
  int number = 1;
  std::vector<Item> items;
  /// Items that could not be translated: message for a person. Their scope cannot be proven complete.
  std::vector<std::string> item_errors;
  /// Why this page makes the listing unproven though it could be read (repeated items, failed enrichment); empty =
  /// fine.
  std::vector<std::string> doubts;
};

/// One reading of one resource in one region from the first page to the end. Not thread-safe.
class Listing {
 public:
  virtual ~Listing() = default;
  /// The next page; nullopt once the provider said that there is no further one. Retries throttling, 5xx and network
  /// failures a few times with back-off and jitter; never 401/403. After an error the listing is over.
  virtual Result<std::optional<Page>> next(const Context& context) = 0;
};

/// One step of a connection test.
struct TestStep {
  std::string name;  ///< Address, Sign in, Regions, Permissions
  bool ok = false;
  std::string message;
};
struct TestReport {
  bool ok = false;
  std::string message;
  std::string account;  ///< the provider's name of the account or project; empty when unknown
  std::vector<TestStep> steps;
  std::vector<std::string> regions;  ///< what the provider says it has
};

/// A connection in use. Thread-safe: listings of several regions run at once and share its token and rate buckets.
class Account {
 public:
  virtual ~Account() = default;
  /// No I/O happens before the first next().
  virtual Result<std::unique_ptr<Listing>> list(const Resource& resource, const std::string& region) = 0;
  /// Of these keys, which the provider still has (asked by id, in batches). Only when resource.confirms.
  virtual Result<std::vector<std::string>> still_there(const Context& context, const Resource& resource,
                                                       const std::string& region,
                                                       std::span<const std::string> keys) = 0;
  /// The regions that "all" or no region stands for: those that the account can use. list() and still_there() take
  /// "all" too and then go through them one after the other.
  virtual Result<std::vector<std::string>> regions(const Context&) { return std::vector<std::string>(); }
  virtual TestReport test(const Context& context, std::span<const Resource* const> resources) = 0;
};

/// Opens accounts. Port: the real one is provider/clouds.h (curl); tests give a fake. Thread-safe.
class Clouds {
 public:
  virtual ~Clouds() = default;
  /// kInvalid when provider, method or a required field is missing or malformed (message names the field). No I/O.
  virtual Result<std::shared_ptr<Account>> open(const Connection& connection) = 0;
};

}  // namespace maestro::provider
