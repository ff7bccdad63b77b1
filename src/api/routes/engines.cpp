#include "api/routes/engines.h"

#include "api/services.h"
#include "base/text.h"

namespace maestro::api {

Result<Answer> ask_engine(const Call& call, siblings::Service service, const std::string& path,
                          const json::Object& body, int status) {
  const siblings::Siblings& siblings = call.services.siblings;
  // The engines of reports and graphs are not part of this process: without a peer they count as disabled.
  if (siblings.place(service) != siblings::Siblings::Place::kElsewhere) return siblings::disabled(service);
  const json::Value sent(body);
  TRY_ASSIGN(const json::Value answer, siblings.call(call.context, service, "POST", path, &sent));
  return json_answer(status, answer);
}

Result<Answer> work_out_report(const Call& call, const store::Document& report) {
  json::Object body{{"report_id", report.id.hex()}, {"owner_user", call.context.actor.principal.id.hex()}};
  if (const json::Value* component = report.body.if_contains("component")) body["component"] = *component;
  if (const json::Value* filters = report.body.if_contains("filters")) body["filters"] = json::write(*filters);
  const std::string kind(json::text_or(report.body, "report"));
  return ask_engine(call, siblings::Service::kReport, "/reports/" + text::percent_encode(kind), body, 201);
}

}  // namespace maestro::api
