#include <algorithm>

#include "model/validate.h"
#include "moving/survey.h"
#include "moving/values.h"

namespace maestro::moving {
namespace {

using json::Object;
using json::Value;

/// Where ids of other documents stand, and whose they are.
struct Reference {
  std::string_view collection, field, target;
};
constexpr Reference kReferences[] = {
    {"servers", "applications", "applications"},
    {"servers", "datacenters", "datacenters"},
    {"applications", "system", "systems"},
    {"applications", "deps", "applications"},
    {"applications", "datacenters", "datacenters"},
    {"systems", "clients", "clients"},
    {"systems", "entry", "applications"},
    {"volumes", "datacenters", "datacenters"},
    {"snapshots", "datacenters", "datacenters"},
    {"images", "datacenters", "datacenters"},
    {"networks", "datacenters", "datacenters"},
    {"flavors", "datacenters", "datacenters"},
    {"graphs", "systems", "systems"},
    {"graphs", "apps", "applications"},
    {"graphs", "clients", "clients"},
    {"datacenters", "reports", "reports"},
};

/// Written by the original for itself, on documents of every kind.
constexpr std::string_view kMarks[] = {"accountant", "checksum", "__v", "_links"};
constexpr const char* kMissing = "refers to a document that is not in the dump";
constexpr const char* kKept = "kept as is";

void check_ids(const Value& value, const std::string& field, std::string_view target, const Census& census,
               std::vector<Remark>& remarks) {
  if (value.is_array()) {
    for (const Value& one : value.get_array()) check_ids(one, field, target, census, remarks);
    return;
  }
  if (!value.is_object()) return;
  const auto id = read_id(value.get_object().if_contains("_id"));
  if (id && !census.has(std::string(target), *id)) remarks.push_back({field + "._id", kMissing, kKept});
}

void check_references(const Collection& collection, const Ready& ready, const Census& census,
                      std::vector<Remark>& remarks) {
  const Object& body = ready.document.body;
  for (const Reference& reference : kReferences) {
    if (reference.collection != collection.name) continue;
    if (const Value* value = body.if_contains(reference.field))
      check_ids(*value, std::string(reference.field), reference.target, census, remarks);
  }
  if (collection.name == "connections") {
    const auto id = read_id(body.if_contains("dc_id"));
    if (!id || !census.has("datacenters", *id)) remarks.push_back({"dc_id", kMissing, kKept});
  }
  if (collection.name == "schedulers") {
    const Value* id = json::find(body, "link._id");
    const auto linked = read_id(id);
    if (linked && !census.has("connections", *linked) && !census.has("reports", *linked))
      remarks.push_back({"link._id", kMissing, kKept});
  }
  if (const Value* accountant = body.if_contains("accountant"); accountant != nullptr && accountant->is_array()) {
    for (const Value& one : accountant->get_array())
      if (const auto id = read_id(&one); !id || census.source(*id) == nullptr)
        remarks.push_back({"accountant", "found by a connection that is not in the dump", kKept});
  }
  for (const store::RoleEntry& entry : ready.roles) {
    const Principal& holder = entry.principal;
    const bool known = holder.kind == Principal::Kind::kUser   ? census.has("users", holder.id)
                       : holder.kind == Principal::Kind::kTeam ? census.has("teams", holder.id)
                                                               : true;
    if (!known)
      remarks.push_back(
          {model::access_field(*ready.document.entity), "a role of somebody who is not in the dump", kKept});
  }
  // Events are the scheduler's: they never have one.
  if (ready.document.entity->access != model::Access::kNone && collection.name != "events" &&
      ready.document.owner.kind == Principal::Kind::kNobody)
    remarks.push_back({"owner", "no owner that is known", "kept as is: it belongs to nobody"});
}

void check_fields(const Collection& collection, const Ready& ready, std::vector<Remark>& remarks) {
  for (const auto& member : ready.document.body) {
    const std::string name(member.key());
    const model::Field* field = model::find_field(*collection.entity, name);
    if (field == nullptr) {
      if (std::find(std::begin(kMarks), std::end(kMarks), name) != std::end(kMarks)) continue;
      remarks.push_back({name, fmt::format("the field {} is not declared", name), "kept in the store, not shown"});
      continue;
    }
    const bool moment = field->moment || name.ends_with("_at");
    if (moment && member.value().is_string() && !member.value().get_string().empty() && !read_time(member.value()))
      remarks.push_back({name, "no date: " + json::write(member.value()), kKept});
  }
}

/// Rules for what people write. What discovery wrote need not obey them.
void check_rules(const Ready& ready, std::vector<Remark>& remarks) {
  Object body;
  // The original stores null for what it was not given.
  for (const auto& member : ready.document.body)
    if (!member.value().is_null()) body[member.key()] = member.value();
  const auto valid = model::validate(*ready.document.entity, body, {.mode = model::Mode::kPut, .all = true});
  if (valid.ok()) return;
  const auto details = json::parse(valid.error().details_json, {.max_bytes = 16 << 20, .max_depth = 200});
  if (!details.ok() || !details->is_array()) return;
  for (const Value& detail : details->get_array()) {
    if (!detail.is_object()) continue;
    const Object& one = detail.get_object();
    if (json::text_or(one, "type") == "object.allowUnknown") continue;  // told of as not declared
    std::string path;
    if (const Value* steps = one.if_contains("path"); steps != nullptr && steps->is_array())
      for (const Value& step : steps->get_array()) path += (path.empty() ? "" : ".") + json::scalar_text(step);
    remarks.push_back(
        {path, std::string(json::text_or(one, "message")), "kept as is: whoever changes it has to mend it"});
  }
}

}  // namespace

void check_document(const Collection& collection, const Ready& ready, const Census& census, bool by_hand,
                    std::vector<Remark>& remarks) {
  check_fields(collection, ready, remarks);
  check_references(collection, ready, census, remarks);
  const bool has_rules = collection.entity->writes == model::Writes::kAll && collection.name != "users" &&
                         collection.name != "connections";
  if (by_hand && has_rules) check_rules(ready, remarks);
}

}  // namespace maestro::moving
