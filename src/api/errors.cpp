#include "api/errors.h"

#include "base/log.h"

namespace maestro::api {
namespace {

struct Row {
  Code code;
  const char* name;
  int status;           ///< on new routes
  int original_status;  ///< on the original's
};
constexpr Row kTable[] = {
    {Code::kInvalid, "ValidatorError", 422, 422},       {Code::kUnauthenticated, "UnauthorizedError", 401, 401},
    {Code::kForbidden, "PermissionError", 403, 400},    {Code::kNotFound, "NotFoundError", 404, 404},
    {Code::kConflict, "ConflictError", 409, 409},       {Code::kThrottled, "ThrottledError", 429, 429},
    {Code::kUnavailable, "UnavailableError", 503, 503}, {Code::kInternal, "InternalError", 500, 500},
};

const Row& row_of(Code code) {
  for (const Row& row : kTable)
    if (row.code == code) return row;
  return kTable[std::size(kTable) - 1];
}

}  // namespace

Answer error_answer(const Error& error, bool original, const std::string& request_id) {
  const Row& row = row_of(error.code);
  if (error.code == Code::kUnauthenticated) {
    Answer answer{.status = 401, .body = "Unauthorized", .etag = false};
    answer.content_type.clear();
    return answer;
  }
  json::Object err{{"name", error.wire_name.empty() ? std::string(row.name) : error.wire_name}};
  if (!error.details_json.empty()) {
    err["errors"] = json::parse_trusted(error.details_json);
  } else if (error.code == Code::kInternal) {
    // The message is ours alone: it goes to the log, the client gets the request id to quote.
    log::error("internal error", {{"request_id", request_id}, {"error", error.message}});
    err["errors"] = "Something went wrong here; the log has more under this request id";
  } else {
    err["errors"] = error.message;
  }
  err["request_id"] = request_id;
  Answer answer = json_answer(original ? row.original_status : row.status, json::Object{{"err", std::move(err)}});
  answer.etag = false;
  if (error.wire_name == "ServiceDisabledError") answer.status = 200;
  if (error.wire_name == "PreconditionFailedError") answer.status = 412;
  if (error.wire_name == "HTTPError") answer.status = 501;
  if (answer.status == 429 || answer.status == 503) {
    const long long seconds = error.retry_after_ms > 0 ? (error.retry_after_ms + 999) / 1000 : 1;
    answer.headers.set("Retry-After", std::to_string(seconds));
  }
  return answer;
}

Answer no_route() {
  Answer answer = json_answer(404, json::Object{{"error", "resource not found"}});
  answer.etag = false;
  return answer;
}

}  // namespace maestro::api
