#include "api/routes/engines.h"

#include "api/services.h"

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

}  // namespace maestro::api
