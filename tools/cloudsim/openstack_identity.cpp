// Keystone: version documents, sign-in, catalog, projects, regions.
#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "cloudsim/openstack_server.h"
#include "cloudsim/openstack_service.h"

namespace maestro::cloudsim::openstack {

namespace {

constexpr const char* kUnauthorized = "The request you have made requires authentication.";

json::Object version_document(const Call& call) {
  return {{"id", "v3.14"},
          {"status", "stable"},
          {"updated", "2020-04-07T00:00:00Z"},
          {"links", json::Array{json::Object{{"rel", "self"}, {"href", call.base + "/identity/v3/"}}}},
          {"media-types", json::Array{json::Object{{"base", "application/json"},
                                                   {"type", "application/vnd.openstack.identity-v3+json"}}}}};
}

std::string keystone_time(Time time) { return to_iso(time).substr(0, 19) + ".000000Z"; }

json::Array catalog(const Call& call, const Names& names, const Token& token) {
  struct Row {
    const char* type;
    const char* name;
    std::string path;
  };
  const std::string project = names.project_id(token.project);
  const Row rows[] = {{"volumev3", "cinderv3", "/volume/v3/" + project},
                      {"block-storage", "cinder", "/volume/v3/" + project},
                      {"identity", "keystone", "/identity/v3/"},
                      {"network", "neutron", "/network"},
                      {"image", "glance", "/image"},
                      {"compute", "nova", "/compute/v2.1"}};
  json::Array out;
  for (const Row& row : rows) {
    json::Array endpoints;
    for (const Region& region : call.world.openstack.regions()) {
      const bool shared = std::string_view(row.type) == "identity";
      const std::string prefix = region.index == 0 || shared ? "" : "/" + region.name;
      for (const char* interface : {"public", "internal", "admin"}) {
        endpoints.push_back(json::Object{{"id", names.hex_id("endpoint", row.type + region.name + interface)},
                                         {"interface", interface},
                                         {"region_id", region.name},
                                         {"region", region.name},
                                         {"url", call.base + prefix + row.path}});
      }
    }
    out.push_back(json::Object{{"endpoints", std::move(endpoints)},
                               {"id", names.hex_id("service", row.type)},
                               {"type", row.type},
                               {"name", row.name}});
  }
  return out;
}

json::Object default_domain() { return {{"id", "default"}, {"name", "Default"}}; }

json::Object project_document(const Call& call, const Names& names, const std::string& name) {
  const std::string id = names.project_id(name);
  return {{"id", id},
          {"name", name},
          {"domain_id", "default"},
          {"description", name + " project"},
          {"enabled", true},
          {"parent_id", "default"},
          {"is_domain", false},
          {"tags", json::Array()},
          {"options", json::Object()},
          {"links", json::Object{{"self", fmt::format("{}/identity/v3/projects/{}", call.base, id)}}}};
}

json::Value token_document(const Call& call, const Names& names, const Token& token) {
  json::Array methods;
  for (const std::string& method : token.methods) methods.emplace_back(method);
  json::Object body{{"methods", std::move(methods)},
                    {"user", json::Object{{"domain", default_domain()},
                                          {"id", token.user == "reader" ? names.reader_id : names.user_id},
                                          {"name", token.user},
                                          {"password_expires_at", nullptr}}},
                    {"audit_ids", json::Array{json::Value(token.audit_id)}},
                    {"expires_at", keystone_time(token.expires)},
                    {"issued_at", keystone_time(token.issued)}};
  if (!token.application_id.empty()) {
    body["application_credential"] =
        json::Object{{"id", token.application_id}, {"name", call.world.options.os_application}, {"restricted", true}};
  }
  if (token.project.empty() && !token.system) return json::Object{{"token", std::move(body)}};
  if (token.system) {
    body["system"] = json::Object{{"all", true}};
  } else {
    body["project"] =
        json::Object{{"domain", default_domain()}, {"id", names.project_id(token.project)}, {"name", token.project}};
    body["is_domain"] = false;
  }
  json::Array roles;
  roles.push_back(json::Object{{"id", names.reader_role}, {"name", "reader"}});
  if (token.admin) {
    roles.push_back(json::Object{{"id", names.member_role}, {"name", "member"}});
    roles.push_back(json::Object{{"id", names.admin_role}, {"name", "admin"}});
  }
  body["roles"] = std::move(roles);
  if (call.param("nocatalog") == nullptr) body["catalog"] = catalog(call, names, token);
  return json::Object{{"token", std::move(body)}};
}

bool is_default_domain(const json::Value* domain) {
  if (domain == nullptr || !domain->is_object()) return false;
  const json::Object& object = domain->get_object();
  return json::text_or(object, "id") == "default" || text::iequals(json::text_or(object, "name"), "Default");
}

/// The user that an identity's user object means; empty when there is none such.
std::string named_user(const Call& call, const Names& names, const json::Value* user) {
  if (user == nullptr || !user->is_object()) return {};
  const json::Object& object = user->get_object();
  const std::string_view id = json::text_or(object, "id");
  const std::string& own = call.world.options.os_user;
  if (id == names.user_id) return own;
  if (id == names.reader_id) return "reader";
  const std::string_view name = json::text_or(object, "name");
  if (!id.empty() || !is_default_domain(json::find(object, "domain"))) return {};
  return name == own || name == "reader" ? std::string(name) : std::string();
}

/// The token that the body asks for, without value and times; nullopt = 401.
std::optional<Token> identify(Call& call, const Names& names, const json::Value& auth) {
  const Credentials credentials = call.world.credentials();
  Token token;
  const json::Value* methods = json::find(auth, "identity.methods");
  for (const json::Value& method : methods->get_array()) {
    const std::string word = json::scalar_text(method);
    token.methods.push_back(word);
    if (word == "password") {
      const json::Value* user = json::find(auth, "identity.password.user");
      token.user = named_user(call, names, user);
      if (token.user.empty() || json::text_or(user->get_object(), "password") != credentials.password)
        return std::nullopt;
    } else if (word == "token") {
      const json::Value* value = json::find(auth, "identity.token.id");
      const auto old = value == nullptr ? std::nullopt : call.tokens.find(json::scalar_text(*value));
      if (!old) return std::nullopt;
      token.user = old->user;
      token.expires = old->expires;  // a token made from a token lives no longer
    } else if (word == "application_credential") {
      const json::Value* given = json::find(auth, "identity.application_credential");
      if (given == nullptr || !given->is_object()) return std::nullopt;
      const json::Object& object = given->get_object();
      const std::string_view id = json::text_or(object, "id");
      const bool by_name = id.empty() && json::text_or(object, "name") == call.world.options.os_application &&
                           named_user(call, names, json::find(object, "user")) == call.world.options.os_user;
      if (id != names.application_id && !by_name) return std::nullopt;
      if (json::text_or(object, "secret") != credentials.application_secret) return std::nullopt;
      token.user = call.world.options.os_user;
      token.application_id = names.application_id;
      token.project = call.world.options.os_project;
    } else {
      return std::nullopt;
    }
  }
  if (token.user.empty()) return std::nullopt;
  token.admin = token.user != "reader";
  const json::Value* scope = json::find(auth, "scope");
  if (scope == nullptr || !scope->is_object()) return token;
  if (!token.application_id.empty()) return std::nullopt;  // its project is its own
  if (json::find(*scope, "system") != nullptr) {
    token.system = true;
    return token.admin ? std::optional(token) : std::nullopt;
  }
  const json::Value* project = json::find(*scope, "project");
  if (project == nullptr || !project->is_object()) return std::nullopt;
  const json::Object& object = project->get_object();
  if (const std::string_view id = json::text_or(object, "id"); !id.empty()) {
    const auto name = names.project_named(id);
    if (!name) return std::nullopt;
    token.project = *name;
    return token;
  }
  const std::string name(json::text_or(object, "name"));
  if (!is_default_domain(json::find(object, "domain"))) return std::nullopt;
  if (std::find(names.projects.begin(), names.projects.end(), name) == names.projects.end()) return std::nullopt;
  token.project = name;
  return token;
}

http::Reply token_reply(const Call& call, const Names& names, const Token& token, int status) {
  http::Reply reply = json_reply(status, token_document(call, names, token));
  reply.headers.add("X-Subject-Token", token.value);
  return reply;
}

http::Reply sign_in(Call& call, const Names& names) {
  call.action = "auth";
  const auto body = json::parse(call.request.body);
  if (!body) return error_reply(call, 400, "Expecting to find valid JSON in the request body.");
  const json::Value* auth = json::find(*body, "auth");
  const json::Value* methods = json::find(*body, "auth.identity.methods");
  if (auth == nullptr || methods == nullptr || !methods->is_array() || methods->get_array().empty()) {
    return error_reply(
        call, 400,
        fmt::format(
            "Expecting to find {} in request body. The server could not comply with the request since it is either "
            "malformed or otherwise incorrect. The client is assumed to be in error.",
            auth == nullptr ? "auth" : "identity"));
  }
  const auto token = identify(call, names, *auth);
  if (!token) return error_reply(call, 401, kUnauthorized);
  return token_reply(call, names, call.tokens.issue(*token), 201);
}

/// GET, HEAD and DELETE of /auth/tokens: about the token in X-Subject-Token.
http::Reply subject_token(Call& call, const Names& names) {
  const std::string* value = call.request.headers.find("x-subject-token");
  const auto subject = value == nullptr ? std::nullopt : call.tokens.find(*value);
  if (!subject) return error_reply(call, 404, "Could not find token.");
  if (call.request.method == http::Method::kDelete) {
    call.tokens.revoke(subject->value);
    http::Reply reply;
    reply.status = 204;
    return reply;
  }
  return token_reply(call, names, *subject, 200);
}

json::Object list_links(const Call& call, std::string_view path) {
  return {{"next", nullptr}, {"self", call.base + "/identity/v3/" + std::string(path)}, {"previous", nullptr}};
}

http::Reply read(Call& call, const Names& names) {
  const std::string where = text::join({call.path.begin() + 1, call.path.end()}, "/");
  call.action = where;
  if (where == "auth/tokens") {
    call.action = "tokens";
    return subject_token(call, names);
  }
  if (call.request.method != http::Method::kGet && call.request.method != http::Method::kHead) {
    return error_reply(call, 405, "The method is not allowed for the requested URL.");
  }
  if (where == "auth/catalog") {
    call.action = "catalog";
    if (call.token->project.empty() && !call.token->system)
      return error_reply(call, 403, "A project-scoped token is required to produce a service catalog.");
    return json_reply(200, json::Object{{"catalog", catalog(call, names, *call.token)},
                                        {"links", json::Object{{"self", call.base + "/identity/v3/auth/catalog"}}}});
  }
  if (where == "auth/projects" || where == "projects" || where == fmt::format("users/{}/projects", names.user_id)) {
    if (where == "projects" && !call.token->admin)
      return error_reply(call, 403, "You are not authorized to perform the requested action: identity:list_projects.");
    json::Array projects;
    for (const std::string& name : names.projects) {
      const std::string* wanted = call.param("name");
      if (wanted == nullptr || *wanted == name) projects.push_back(project_document(call, names, name));
    }
    return json_reply(200, json::Object{{"projects", std::move(projects)}, {"links", list_links(call, where)}});
  }
  if (call.path.size() == 3 && call.path[1] == "projects") {
    const auto name = names.project_named(call.path[2]);
    if (!name) return error_reply(call, 404, fmt::format("Could not find project: {}.", call.path[2]));
    return json_reply(200, json::Object{{"project", project_document(call, names, *name)}});
  }
  if (where == "regions") {
    json::Array regions;
    for (const Region& region : call.world.openstack.regions()) {
      regions.push_back(
          json::Object{{"id", region.name},
                       {"description", ""},
                       {"parent_region_id", nullptr},
                       {"links", json::Object{{"self", call.base + "/identity/v3/regions/" + region.name}}}});
    }
    return json_reply(200, json::Object{{"regions", std::move(regions)}, {"links", list_links(call, where)}});
  }
  if (where == "domains") {
    json::Object domain = default_domain();
    domain["enabled"] = true;
    domain["description"] = "The default domain";
    return json_reply(200,
                      json::Object{{"domains", json::Array{std::move(domain)}}, {"links", list_links(call, where)}});
  }
  return error_reply(call, 404, "The resource could not be found.");
}

}  // namespace

http::Reply serve_identity(Call& call) {
  const Names names(call.world.options);
  http::Reply reply;
  if (call.path.empty()) {
    call.action = "versions";
    reply = json_reply(300, json::Object{{"versions", json::Object{{"values", json::Array{version_document(call)}}}}});
    reply.headers.add("Location", call.base + "/identity/v3/");
  } else if (call.path[0] != "v3") {
    reply = error_reply(call, 404, "The resource could not be found.");
  } else if (call.path.size() == 1) {
    call.action = "versions";
    reply = json_reply(200, json::Object{{"version", version_document(call)}});
  } else if (call.request.method == http::Method::kPost && call.path.size() == 3 && call.path[1] == "auth" &&
             call.path[2] == "tokens") {
    reply = sign_in(call, names);
  } else {
    auto refusal = demand_token(call);
    reply = refusal ? *std::move(refusal) : read(call, names);
  }
  reply.headers.add("Vary", "X-Auth-Token");
  return reply;
}

}  // namespace maestro::cloudsim::openstack
