#include "api/routes/engines.h"

#include "api/services.h"
#include "base/text.h"

namespace maestro::api {
namespace {

using json::Object;
using json::Value;

void indent(const Value& value, std::size_t depth, std::string& out) {
  const auto put_line = [&out](std::size_t at) { out.append("\n").append(at * 2, ' '); };
  bool first = true;
  const auto put_item = [&](const std::string& key, const Value& item) {
    if (!std::exchange(first, false)) out += ',';
    put_line(depth + 1);
    out += key;
    indent(item, depth + 1, out);
  };
  if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& member : *object) put_item(json::write(Value(member.key())) + ": ", member.value());
    put_line(depth);
    out += '}';
  } else if (const json::Array* list = value.if_array(); list != nullptr && !list->empty()) {
    out += '[';
    for (const Value& item : *list) put_item("", item);
    put_line(depth);
    out += ']';
  } else {
    out += json::write(value);
  }
}

}  // namespace

Result<Answer> ask_engine(const Call& call, siblings::Service service, const std::string& path, const Object& body,
                          int status) {
  const siblings::Siblings& siblings = call.services.siblings;
  // The engines of reports and graphs are not part of this process: without a peer they count as disabled.
  if (siblings.place(service) != siblings::Siblings::Place::kElsewhere) return siblings::disabled(service);
  const Value sent(body);
  TRY_ASSIGN(const Value answer, siblings.call(call.context, service, "POST", path, &sent));
  return json_answer(status, answer);
}

Result<Answer> work_out_report(const Call& call, const store::Document& report) {
  Object body{{"report_id", report.id.hex()}};
  if (const Value* component = report.body.if_contains("component")) body["component"] = *component;
  if (const Value* filters = report.body.if_contains("filters")) {
    // As the original: a text, and not a compact one.
    std::string text;
    indent(*filters, 0, text);
    body["filters"] = text;
  }
  body["owner_user"] = call.context.actor.principal.id.hex();
  const std::string kind(json::text_or(report.body, "report"));
  return ask_engine(call, siblings::Service::kReport, "/reports/" + text::percent_encode(kind), body, 201);
}

}  // namespace maestro::api
