#include "provider/original_form.h"

#include "base/text.h"
#include "provider/pack.h"

namespace maestro::provider {

namespace {

/// What the tiles say; methods of ours that the original did not have follow by their label.
json::Array tile_methods(const Provider& provider) {
  json::Array out;
  if (provider.id == "aws") {
    out.emplace_back("AWS Access Key(IAM)");
  } else if (provider.id == "openstack") {
    out.emplace_back("Api (Horizon)");
    out.emplace_back("Application credential");
  } else {
    for (const Method& method : provider.methods) out.emplace_back(method.label);
  }
  return out;
}

const char* input_type(FormField::Type type) {
  switch (type) {
    case FormField::Type::kPassword:
      return "password";
    case FormField::Type::kTextArea:
      return "textarea";
    default:
      return "text";
  }
}

json::Object field_of(const FormField& field) {
  json::Object metas;
  metas["name"] = field.name;
  metas["label"] = field.label;
  if (field.type == FormField::Type::kSelect) {
    json::Array options;
    for (const std::string& option : field.options) options.emplace_back(option);
    metas["options"] = std::move(options);
  } else {
    metas["type"] = input_type(field.type);
  }
  if (!field.fallback.empty()) metas["value"] = field.fallback;
  if (!field.help.empty()) metas["help"] = field.help;
  if (!field.placeholder.empty()) metas["placeholder"] = field.placeholder;
  json::Object out;
  out["comp"] = field.type == FormField::Type::kSelect ? "bs-select" : "bs-input";
  json::Object validate;
  if (field.required) validate["required"] = true;
  out["validate"] = std::move(validate);
  out["metas"] = std::move(metas);
  return out;
}

/// "DescribeInstances" -> "describe_instances", as the original's permission table spells calls.
std::string snake(std::string_view action) {
  std::string out;
  for (std::size_t i = 0; i < action.size(); ++i) {
    const char c = action[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool after_lower = i > 0 && action[i - 1] >= 'a' && action[i - 1] <= 'z';
    if (upper && after_lower) out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace

json::Object original_tile(const Provider& provider) {
  json::Object out;
  out["icon"] = provider.icon;
  out["label"] = provider.label;
  out["method"] = tile_methods(provider);
  return out;
}

json::Object original_form(const Provider& provider) {
  json::Object out = original_tile(provider);
  out["dc"] = provider.label;
  json::Array data;
  for (const Method& method : provider.methods) {
    json::Array conn, extra;
    for (const FormField& field : method.fields) (field.in_credentials ? conn : extra).emplace_back(field_of(field));
    json::Object form;
    form["intro"] = method.doc;
    form["dc"] = json::Array{true, method.regions};
    form["conn"] = std::move(conn);
    form["extra"] = std::move(extra);
    json::Object one;
    one["label"] = method.label;
    one["service"] = method.id;
    one["template"] = std::move(form);
    data.emplace_back(std::move(one));
  }
  out["data"] = std::move(data);
  return out;
}

json::Object original_permissions(const Packs& packs, const Provider& provider) {
  json::Object tasks;
  for (const std::string& task : packs.tasks(provider.id)) {
    json::Array commands;
    for (const Resource* resource : packs.of_task(provider.id, task)) {
      json::Object command;
      command["access"] = resource->pack->shape->service;
      const Request& list = resource->pack->list;
      command["call"] = list.action.empty() ? list.path : snake(list.action);
      command["entity"] = resource->entity;
      command["name"] = resource->label;
      json::Array needs;
      for (const std::string& permission : resource->permissions) needs.emplace_back(permission);
      command["needs"] = std::move(needs);
      command["init_job"] = true;
      commands.emplace_back(std::move(command));
    }
    tasks[task] = std::move(commands);
  }
  return tasks;
}

}  // namespace maestro::provider
