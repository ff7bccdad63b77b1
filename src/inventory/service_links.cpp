#include "inventory/service_links.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace maestro::inventory {
namespace {

using json::Object;
using json::Value;
using store::Document;
using store::Transaction;

constexpr std::size_t kMaxApplications = 50;  ///< of one server: beyond that nothing is unambiguous
constexpr std::size_t kLeastProduct = 3;      ///< characters of a product's name

/// "Oracle Database 12c" -> "oracledatabase12c"
std::string product(std::string_view words) {
  std::string out;
  for (const char c : text::lower(words))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

/// One name is the other with more words.
bool is_same_product(std::string_view a, std::string_view b) {
  const std::string one = product(a), two = product(b);
  if (one.size() < kLeastProduct || two.size() < kLeastProduct) return false;
  return one.starts_with(two) || two.starts_with(one);
}

struct Application {
  Object link;  ///< as the service states it
  std::vector<std::string> products;
  std::string family;
  int taken = 0;  ///< services that it may be, by the test at hand
};

struct Service {
  Object* body = nullptr;
  std::string name;
  std::set<std::string> families;
  std::optional<std::size_t> application;
};

/// The server's applications that the actor may read: a link must not tell about others.
Result<std::vector<Application>> read_applications(store::Store& store, Transaction& tx, const Document& server) {
  static const model::Entity& entity = *model::find_entity("applications");
  std::vector<Application> out;
  const Value* links = server.body.if_contains("applications");
  if (links == nullptr || !links->is_array() || links->get_array().size() > kMaxApplications) return out;
  for (const Value& link : links->get_array()) {
    const auto id = link.is_object() ? ObjectId::parse(json::text_or(link.get_object(), "_id")) : std::nullopt;
    if (!id) continue;
    TRY_ASSIGN(const auto found, store.documents().find(tx, entity, *id));
    if (!found || !found->active) continue;
    if (store.documents().access(tx, found->access)->role_of(tx.context().actor.principal) < store::kRead) continue;
    Application one;
    one.family = json::text_or(found->body, "family");
    one.link = {{"_id", id->hex()}, {"name", json::text_or(found->body, "name")}, {"family", one.family}};
    for (const char* field : {"provider", "engine", "name"})
      if (const auto text = json::text_or(found->body, field); !text.empty()) one.products.emplace_back(text);
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::set<std::string>> families_of(store::Store& store, Transaction& tx, const std::string& name) {
  static const model::Entity& entity = *model::find_entity("services");
  std::set<std::string> out;
  TRY_ASSIGN(const auto found, store.documents().find_value(tx, entity, std::nullopt, "name", name, true, 2));
  for (const Document& service : found) {
    const Value* families = service.body.if_contains("family");
    if (families == nullptr || !families->is_array()) continue;
    for (const Value& family : families->get_array()) out.insert(json::scalar_text(family));
  }
  return out;
}

/// The application that a service states already, by its place among the server's.
std::optional<std::size_t> stated(const Object& service, const std::vector<Application>& applications) {
  const Value* id = json::find(service, "setup.application._id");
  for (std::size_t i = 0; id != nullptr && i < applications.size(); ++i)
    if (applications[i].link.at("_id") == *id) return i;
  return std::nullopt;
}

/// Pairs those of which each has exactly one of the other side, among what is still free.
template <typename Test>
void pair_up(std::vector<Service>& services, std::vector<Application>& applications, const Test& fits) {
  std::set<std::size_t> used;
  for (const Service& service : services)
    if (service.application) used.insert(*service.application);
  std::vector<std::vector<std::size_t>> candidates(services.size());
  for (auto& application : applications) application.taken = 0;
  for (std::size_t s = 0; s < services.size(); ++s) {
    if (services[s].application) continue;
    for (std::size_t a = 0; a < applications.size(); ++a) {
      if (used.contains(a) || !fits(services[s], applications[a])) continue;
      candidates[s].push_back(a);
      ++applications[a].taken;
    }
  }
  for (std::size_t s = 0; s < services.size(); ++s)
    if (candidates[s].size() == 1 && applications[candidates[s].front()].taken == 1)
      services[s].application = candidates[s].front();
}

bool is_same(const Document* before, const Document& after, const char* field) {
  if (before == nullptr) return false;
  const Value* old = before->body.if_contains(field);
  const Value* now = after.body.if_contains(field);
  return old == nullptr || now == nullptr ? old == now : *old == *now;
}

}  // namespace

Result<void> link_services(store::Store& store, Transaction& tx, const Document* before, Document& after) {
  Value* listed = after.body.if_contains("services");
  if (listed == nullptr || !listed->is_array() || listed->get_array().empty()) return {};
  if (is_same(before, after, "services") && is_same(before, after, "applications")) return {};
  TRY_ASSIGN(auto applications, read_applications(store, tx, after));
  std::vector<Service> services;
  for (Value& value : listed->get_array()) {
    if (!value.is_object()) continue;
    Service one;
    one.body = &value.get_object();
    one.name = json::text_or(*one.body, "name");
    one.application = stated(*one.body, applications);
    if (!one.application && !applications.empty()) {
      TRY_ASSIGN(one.families, families_of(store, tx, one.name));
    }
    services.push_back(std::move(one));
  }
  pair_up(services, applications, [](const Service& service, const Application& application) {
    return std::any_of(application.products.begin(), application.products.end(),
                       [&](const std::string& name) { return is_same_product(name, service.name); });
  });
  pair_up(services, applications, [](const Service& service, const Application& application) {
    return service.families.contains(application.family);
  });
  for (Service& service : services) {
    if (service.application) {
      json::set(*service.body, "setup.application", applications[*service.application].link);
    } else {
      json::erase(*service.body, "setup.application");
    }
  }
  return {};
}

}  // namespace maestro::inventory
