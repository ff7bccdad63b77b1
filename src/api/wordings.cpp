#include "api/wordings.h"

#include "api/errors.h"

namespace maestro::api {
namespace {

constexpr const char* kFieldError = "FieldError";

int data_status(Code code) {
  switch (code) {
    case Code::kInvalid:
    case Code::kForbidden:
      return 422;
    case Code::kUnauthenticated:
      return 401;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kThrottled:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Answer data_error(const Error& error, bool, const std::string& request_id) {
  if (error.wire_name == kFieldError)
    return json_answer(400, json::Object{{"message", json::parse_trusted(error.details_json)}});
  // What goes wrong here is for the log, with the words of the server's answer.
  if (error.code == Code::kInternal) (void)error_answer(error, true, request_id);
  const bool ours = error.code == Code::kInternal;
  json::Object said{
      {"msg", ours ? "Something went wrong here; the log has more under this request id" : error.message}};
  if (error.code == Code::kUnauthenticated) said["msg"] = "Unauthorized";
  if (ours) said["request_id"] = request_id;
  Answer answer = json_answer(data_status(error.code), json::Object{{"error", std::move(said)}});
  answer.etag = false;
  if (answer.status == 503) answer.headers.set("Retry-After", "1");
  return answer;
}

Answer data_no_route() {
  Answer answer = json_answer(404, json::Object{{"error", "Resource not found"}});
  answer.etag = false;
  return answer;
}

}  // namespace

const Wording& server_wording() {
  static const Wording wording{error_answer, no_route};
  return wording;
}
const Wording& data_wording() {
  static const Wording wording{data_error, data_no_route};
  return wording;
}

Error field_error(const json::Object& messages) {
  return {.code = Code::kInvalid,
          .message = "Some fields are missing or wrong",
          .details_json = json::write(messages),
          .wire_name = kFieldError};
}

}  // namespace maestro::api
