#include "discovery/links.h"

#include <charconv>

#include "base/text.h"

namespace maestro::discovery {
namespace {

constexpr std::size_t kCandidates = 200;

/// 4, "4", "4 vCPUs" and "16.0 GiB" as stored flavors have them.
std::optional<double> leading_number(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  const std::string text = json::scalar_text(*value);
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || !(number > 0)) return std::nullopt;
  return number;
}

json::Value number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  if (static_cast<double>(whole) == value) return whole;
  return value;
}

}  // namespace

Result<json::Object> Links::flavor(store::Transaction& tx, const std::string& id) {
  const model::Entity* flavors = model::find_entity("flavors");
  if (flavors == nullptr) return json::Object();
  TRY_ASSIGN(const auto rows,
             store_.documents().find_value(tx, *flavors, connection_.owner, "unique_id", id, false, kCandidates));
  const std::string datacenter(json::text_or(connection_.body, "dc_id"));
  const std::string provider(json::text_or(connection_.body, "provider"));
  // Clouds number their flavors alike ("1" is tiny here and huge there), so one of another datacenter is no answer.
  const store::Document* best = nullptr;
  int best_rank = 0;
  for (const store::Document& row : rows) {
    const std::string where = json::text_at(row.body, "datacenters._id");
    int rank = 0;
    if (!where.empty()) {
      if (where != datacenter) continue;
      rank = json::text_at(row.body, "datacenters.region") == region_ ? 3 : 2;
    } else {
      const std::string whose = json::text_at(row.body, "provider");
      if (!whose.empty() && whose != provider) continue;
      rank = 1;
    }
    if (rank > best_rank || (rank == best_rank && best != nullptr && row.row < best->row)) {
      best = &row;
      best_rank = rank;
    }
  }
  json::Object out;
  if (best == nullptr) return out;
  if (const auto cpu = leading_number(best->body.if_contains("vcpus"))) out["cpu"] = number(*cpu);
  if (const auto memory = leading_number(best->body.if_contains("memory"))) {
    // OpenStack flavors are stored in thousands of MiB as the original does; servers state GiB.
    const bool thousands = text::iequals(json::text_at(best->body, "provider"), "OpenStack");
    out["memory"] = number(thousands ? *memory * 1000 / 1024 : *memory);
  }
  return out;
}

Result<json::Object> Links::application(store::Transaction& tx, Kind kind, const std::string& value) {
  const model::Entity* applications = model::find_entity("applications");
  if (applications == nullptr) return json::Object();  // an inventory without applications has nothing to link to
  std::optional<store::Document> found;
  if (kind == Kind::kApplicationId) {
    const auto id = ObjectId::parse(value);
    if (!id) return json::Object();
    TRY_ASSIGN(found, store_.documents().find(tx, *applications, *id));
    if (found && (!found->active || found->owner != connection_.owner)) found.reset();
  } else {
    TRY_ASSIGN(auto rows, store_.documents().find_value(tx, *applications, connection_.owner, "name", value, false, 1));
    if (!rows.empty()) found = std::move(rows.front());
  }
  json::Object out;
  if (!found) return out;
  out["_id"] = found->id.hex();
  for (const char* name : {"name", "family"})
    if (const json::Value* field = found->body.if_contains(name)) out[name] = *field;
  return out;
}

Result<Links::Found> Links::resolve(store::Transaction& tx, const provider::Item& item) {
  Found found;
  json::Array applications;
  for (const provider::Item::Link& link : item.links) {
    if (link.value.empty()) continue;
    auto at = answers_.find({link.kind, link.value});
    if (at == answers_.end()) {
      json::Object answer;
      if (link.kind == Kind::kFlavor) {
        TRY_ASSIGN(answer, flavor(tx, link.value));
      } else {
        TRY_ASSIGN(answer, application(tx, link.kind, link.value));
      }
      at = answers_.emplace(std::pair(link.kind, link.value), std::move(answer)).first;
    }
    const json::Object& answer = at->second;
    found.signature += json::canonical(answer);
    if (link.kind == Kind::kFlavor) {
      for (const char* name : {"cpu", "memory"}) {
        if (item.fields.contains(name)) continue;
        if (const json::Value* value = answer.if_contains(name)) {
          found.fields[name] = *value;
        } else {
          found.keep.emplace_back(name);
        }
      }
    } else if (!answer.empty()) {
      const bool known = std::any_of(applications.begin(), applications.end(),
                                     [&](const json::Value& other) { return json::equal(other, answer); });
      if (!known) applications.emplace_back(answer);
    }
  }
  if (!applications.empty()) found.fields["applications"] = std::move(applications);
  return found;
}

}  // namespace maestro::discovery
