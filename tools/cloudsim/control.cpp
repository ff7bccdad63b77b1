#include "cloudsim/control.h"

#include <fmt/format.h>

#include <charconv>
#include <shared_mutex>

#include "base/crypto.h"
#include "base/text.h"
#include "cloudsim/aws_instance.h"
#include "cloudsim/openstack_server.h"
#include "json/json.h"

namespace maestro::cloudsim {

namespace {

constexpr std::size_t kMaxIdsShown = 10'000;

http::Reply answer(int status, const json::Object& body) {
  http::Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "application/json");
  reply.body = json::write(body);
  return reply;
}

Estate& estate_of(World& world, Cloud cloud) { return cloud == Cloud::kAws ? world.aws : world.openstack; }

std::string id_of(Cloud cloud, const Region& region, Slot slot) {
  return cloud == Cloud::kAws ? aws_id("i", make_instance(region, slot).id) : openstack::server_id(region, slot);
}

std::optional<std::pair<unsigned, Slot>> find_id(Cloud cloud, const Estate& estate, std::string_view id) {
  const auto number = cloud == Cloud::kAws ? parse_aws_id("i", id) : std::nullopt;
  for (const Region& region : estate.regions()) {
    const auto slot = cloud == Cloud::kOpenStack ? openstack::server_slot(region, id)
                      : number                   ? instance_slot(region, *number)
                                                 : std::nullopt;
    if (slot) return std::pair(region.index, *slot);
  }
  return std::nullopt;
}

struct Order {
  Cloud cloud = Cloud::kAws;
  Estate* estate = nullptr;
  Estate::Choice choice;
};

/// The part that change, vanish and appear have in common.
Result<Order> read_order(World& world, const json::Object& body) {
  Order order;
  const auto cloud = cloud_from_name(json::text_or(body, "cloud"));
  if (!cloud) return invalid("cloud is \"aws\" or \"openstack\"");
  order.cloud = *cloud;
  order.estate = &estate_of(world, *cloud);
  order.choice.region = json::text_or(body, "region");
  if (!order.choice.region.empty() && order.estate->find(order.choice.region) == nullptr) {
    return invalid(fmt::format("the estate has no region \"{}\"", order.choice.region));
  }
  const json::Value* ids = body.if_contains("ids");
  const json::Value* percent = body.if_contains("percent");
  const json::Value* count = body.if_contains("count");
  if ((ids != nullptr) + (percent != nullptr) + (count != nullptr) != 1)
    return invalid("exactly one of ids, percent and count is needed");
  if (ids != nullptr) {
    if (!ids->is_array()) return invalid("ids is a list");
    const std::shared_lock lock(order.estate->mutex);
    for (const json::Value& id : ids->get_array()) {
      const auto found = find_id(order.cloud, *order.estate, json::scalar_text(id));
      if (!found) return invalid(fmt::format("the id {} was never given out", json::scalar_text(id)));
      order.choice.named.push_back(*found);
    }
    if (order.choice.named.empty()) order.choice.count = 0;
  } else if (percent != nullptr) {
    if (!percent->is_number()) return invalid("percent is a number");
    order.choice.percent = percent->to_number<double>();
  } else {
    order.choice.count = json::int_or(body, "count", -1);
    if (order.choice.count < 0 || order.choice.count > 10'000'000) return invalid("count is a number from 0");
  }
  return order;
}

json::Object chosen_document(const Order& order, const std::vector<std::pair<unsigned, Slot>>& chosen) {
  const std::shared_lock lock(order.estate->mutex);
  json::Array ids;
  for (const auto& [region, slot] : chosen) {
    if (ids.size() == kMaxIdsShown) break;
    ids.emplace_back(id_of(order.cloud, order.estate->regions()[region], slot));
  }
  return {{"count", chosen.size()}, {"ids", std::move(ids)}, {"revision", order.estate->revision()}};
}

Result<json::Object> change(World& world, const json::Object& body) {
  constexpr std::pair<std::string_view, Trait> kTraits[] = {{"status", Trait::kStatus},
                                                            {"tags", Trait::kTags},
                                                            {"type", Trait::kType},
                                                            {"name", Trait::kName},
                                                            {"ip", Trait::kIp}};
  const std::string_view what = json::text_or(body, "what");
  const auto* trait =
      std::find_if(std::begin(kTraits), std::end(kTraits), [&](const auto& one) { return one.first == what; });
  if (trait == std::end(kTraits)) return invalid("what is status, tags, type, name or ip");
  TRY_ASSIGN(const Order order, read_order(world, body));
  // What has ended does not change any more, and what has no address gets no other one.
  const auto allowed = [&](const Region& region, Slot slot) {
    if (order.cloud == Cloud::kOpenStack) {
      const auto status = openstack::server_status(region, slot);
      return trait->second != Trait::kIp ||
             (status != openstack::Server::Status::kError && status != openstack::Server::Status::kBuild);
    }
    const auto state = make_instance(region, slot).state;
    return state != Instance::State::kTerminated && state != Instance::State::kShuttingDown;
  };
  const auto chosen = order.estate->change(order.choice, trait->second, to_ms(world.clock.now()) / 1000, allowed);
  return chosen_document(order, chosen);
}

Result<json::Object> vanish(World& world, const json::Object& body) {
  TRY_ASSIGN(const Order order, read_order(world, body));
  return chosen_document(order, order.estate->vanish(order.choice));
}

Result<json::Object> appear(World& world, const json::Object& body) {
  TRY_ASSIGN(const Order order, read_order(world, body));
  if (order.choice.percent >= 0) return invalid("give count or ids");
  return chosen_document(order, order.estate->appear(order.choice));
}

Result<json::Object> resize(World& world, const json::Object& body) {
  json::Object out;
  for (const Cloud cloud : {Cloud::kAws, Cloud::kOpenStack}) {
    const json::Value* servers = json::find(body, fmt::format("{}.servers", cloud_name(cloud)));
    if (servers == nullptr) continue;
    const std::int64_t count = json::int_or(json::Object{{"n", *servers}}, "n", -1);
    if (count < 0 || count > 50'000'000) return invalid("servers is a number from 0");
    estate_of(world, cloud).resize(static_cast<Slot>(count));
    out[cloud_name(cloud)] = json::Object{{"servers", count}};
  }
  if (out.empty()) return invalid("give aws.servers or openstack.servers");
  return out;
}

Result<json::Object> rotate(World& world, Tokens& tokens, const json::Object& body) {
  Credentials next = world.credentials();
  next.access = "AKIA" + text::upper(text::to_hex(crypto::random_bytes(8)));
  next.secret = text::to_hex(crypto::random_bytes(20));
  next.password = text::to_hex(crypto::random_bytes(8));
  next.application_secret = text::to_hex(crypto::random_bytes(16));
  for (const auto& [name, field] : {std::pair("access", &next.access),
                                    {"secret", &next.secret},
                                    {"password", &next.password},
                                    {"application_secret", &next.application_secret}}) {
    *field = json::text_or(body, name, *field);
  }
  world.set_credentials(next);
  const std::size_t revoked = tokens.revoke_all();  // Keystone revokes a user's tokens with a new password
  return json::Object{{"access", next.access},
                      {"secret", next.secret},
                      {"password", next.password},
                      {"application_secret", next.application_secret},
                      {"tokens_revoked", revoked}};
}

json::Object state(World& world, const Tokens& tokens) {
  json::Object out;
  for (const Cloud cloud : {Cloud::kAws, Cloud::kOpenStack}) {
    const Estate& estate = estate_of(world, cloud);
    const std::shared_lock lock(estate.mutex);
    json::Object regions;
    std::uint64_t total = 0;
    for (const Region& region : estate.regions()) {
      regions[region.name] = region.live_count();
      total += region.live_count();
    }
    out[cloud_name(cloud)] =
        json::Object{{"servers", total}, {"regions", std::move(regions)}, {"revision", estate.revision()}};
  }
  const openstack::Names names(world.options);
  const Credentials credentials = world.credentials();
  json::Object projects;
  for (const std::string& name : names.projects) projects[name] = names.project_id(name);
  out["credentials"] = json::Object{{"access", credentials.access},
                                    {"secret", credentials.secret},
                                    {"account", world.options.account},
                                    {"user", world.options.os_user},
                                    {"user_id", names.user_id},
                                    {"password", credentials.password},
                                    {"user_domain", "Default"},
                                    {"projects", std::move(projects)},
                                    {"application_id", names.application_id},
                                    {"application_name", world.options.os_application},
                                    {"application_secret", credentials.application_secret}};
  out["tokens"] = json::Object{{"valid", tokens.count()}, {"issued", tokens.issued()}};
  json::Object requests;
  for (const auto& [name, count] : world.counters()) requests[name] = count;
  out["requests"] = std::move(requests);
  out["faults"] = world.faults.list();
  out["seed"] = world.options.seed;
  out["time"] = to_iso(world.clock.now());
  return out;
}

Result<json::Object> act(World& world, Tokens& tokens, std::string_view what, const json::Object& body) {
  if (what == "POST /estate") return resize(world, body);
  if (what == "POST /change") return change(world, body);
  if (what == "POST /vanish") return vanish(world, body);
  if (what == "POST /appear") return appear(world, body);
  if (what == "POST /credentials/rotate") return rotate(world, tokens, body);
  if (what == "POST /tokens/expire") return json::Object{{"expired", tokens.revoke_all()}};
  if (what == "GET /state") return state(world, tokens);
  if (what == "GET /faults") return json::Object{{"faults", world.faults.list()}};
  if (what == "POST /faults") {
    TRY_ASSIGN(const std::uint64_t id, world.faults.add(body));
    return json::Object{{"id", id}};
  }
  if (what == "DELETE /faults") {
    world.faults.clear();
    return json::Object{};
  }
  if (what == "DELETE /requests") {
    world.reset_counters();
    return json::Object{};
  }
  constexpr std::string_view kOneFault = "DELETE /faults/";
  if (what.starts_with(kOneFault)) {
    what.remove_prefix(kOneFault.size());
    std::uint64_t id = 0;
    std::from_chars(what.data(), what.data() + what.size(), id);
    if (world.faults.remove(id)) return json::Object{};
  }
  return not_found(fmt::format("there is no {}; see tools/cloudsim/README.md", what));
}

}  // namespace

http::Reply serve_control(World& world, Tokens& tokens, const http::Request& request) {
  json::Value body = json::Object();
  if (!request.body.empty()) {
    auto parsed = json::parse(request.body, {.max_bytes = 4U << 20});
    if (!parsed || !parsed->is_object()) return answer(400, {{"error", "the body is not a JSON object"}});
    body = std::move(*parsed);
  }
  const auto result = act(world, tokens, request.method_text + " " + request.path, body.get_object());
  if (!result) return answer(result.error().code == Code::kNotFound ? 404 : 400, {{"error", result.error().message}});
  return answer(200, *result);
}

}  // namespace maestro::cloudsim
