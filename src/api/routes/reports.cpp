// Reports: documents that the report engine works out, and their results (spec of the server API, 6.8).
#include "api/preconditions.h"
#include "api/routes/engines.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;
using siblings::Service;
using store::Document;

const model::Entity& reports() {
  static const model::Entity& entity = *model::find_entity("reports");
  return entity;
}

std::string result_path(const Document& report) {
  return fmt::format("/reports/{}_{}", report.id.hex(), text::percent_encode(json::text_or(report.body, "report")));
}

Result<Answer> create(Call& call) {
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto view, call.services.inventory.create(call.context, reports(), body));
  return work_out_report(call, view.document);
}

Result<Answer> put(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto view, call.services.inventory.put(call.context, reports(), id, body, {}, expected(call)));
  return work_out_report(call, view.document);
}

Result<Answer> patch(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  TRY_ASSIGN(const Object body, call.object());
  TRY_ASSIGN(const auto patched, call.services.inventory.patch(call.context, reports(), id, body, {}, expected(call)));
  return work_out_report(call, patched.view.document);
}

Result<Answer> remove(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  const auto found = call.services.inventory.get(call.context, reports(), id);
  if (!found.ok() || found->access->role_of(call.context.actor.principal) < store::kAdmin)
    return inventory::not_allowed();
  // The result goes first: a report without its document could not be found to be deleted.
  const bool has_result = json::text_or(found->document.body, "status") == "finished";
  if (has_result && call.services.siblings.place(Service::kReport) == siblings::Siblings::Place::kElsewhere)
    TRY(call.services.siblings.call(call.context, Service::kReport, "DELETE", result_path(found->document)));
  TRY(call.services.inventory.remove(call.context, reports(), id, {}, expected(call)));
  return empty_answer(204);
}

/// Of a `query` with several keys only the first one goes on, as a regular expression; a malformed one drops every
/// parameter (as the original).
std::string result_query(const Call& call) {
  std::vector<std::string> parts;
  for (const char* name : {"limit", "page", "orderBy", "ascending"}) {
    if (const Value* value = call.query.if_contains(name))
      parts.push_back(fmt::format("{}={}", name, text::percent_encode(json::scalar_text(*value))));
  }
  if (const Value* query = call.query.if_contains("query")) {
    const auto wanted = json::parse(json::scalar_text(*query));
    if (!wanted.ok() || !wanted->is_object()) return {};
    for (const auto& member : wanted->get_object()) {
      const std::string pattern = json::scalar_text(member.value());
      if (pattern.empty()) continue;
      const Object first{{member.key(), Object{{"$regex", pattern}, {"$options", "i"}}}};
      parts.push_back("query=" + text::percent_encode(json::write(Value(first))));
      break;
    }
  }
  return parts.empty() ? std::string() : "?" + text::join(parts, "&");
}

/// What a result may come as. Anything else could be taken for a page of this origin.
std::string result_type(const Call& call) {
  constexpr const char* kTypes[] = {"application/json", "application/xml", "text/xml",
                                    "text/csv",         "text/plain",      "text/inventory"};
  const std::string* header = call.request.headers.find("Accept");
  const std::string wanted =
      header == nullptr ? std::string() : text::lower(text::trim(text::split(text::split(*header, ',')[0], ';')[0]));
  const auto known = std::find(std::begin(kTypes), std::end(kTypes), wanted);
  return known == std::end(kTypes) ? kTypes[0] : *known;
}

Result<Answer> result(Call& call) {
  TRY_ASSIGN(const ObjectId id, call.id(0));
  const auto found = call.services.inventory.get(call.context, reports(), id);
  if (!found.ok()) return inventory::not_allowed();
  if (call.services.siblings.place(Service::kReport) != siblings::Siblings::Place::kElsewhere)
    return siblings::disabled(Service::kReport);
  const std::string accept = result_type(call);
  TRY_ASSIGN(const auto answer, call.services.siblings.fetch(call.context, Service::kReport,
                                                             {.url = result_path(found->document) + result_query(call),
                                                              .headers = {{"Accept", accept}}}));
  return Answer{.status = 200, .body = answer.body, .content_type = accept};
}

}  // namespace

std::vector<Route> report_routes() {
  using enum http::Method;
  std::vector<Route> out = {
      {.method = kPost,
       .pattern = "/reports",
       .handler = create,
       .doc = "Store a report and have it worked out; answers what the report engine says.",
       .team = store::kWrite},
      {.method = kPut,
       .pattern = "/reports/:id",
       .handler = put,
       .doc = "Replace a report and have it worked out again; needs role 3.",
       .team = store::kWrite},
      {.method = kPatch,
       .pattern = "/reports/:id",
       .handler = patch,
       .doc = "Change a report and have it worked out again; needs role 3.",
       .team = store::kWrite},
      {.method = kDelete,
       .pattern = "/reports/:id",
       .handler = remove,
       .doc = "Soft-delete a report with its result; needs role 7.",
       .team = store::kAdmin},
      {.method = kGet,
       .pattern = "/reports/:id/result",
       .handler = result,
       .doc = "The result of a report in the form that Accept asks for.",
       .team = store::kRead},
  };
  for (Route& route : out) {
    route.tag = "reports";
    route.entity = &reports();
  }
  return out;
}

}  // namespace maestro::api
