#include "provider/aws/aws_fault.h"

#include <fmt/format.h>

#include "base/text.h"
#include "provider/session.h"
#include "provider/shape.h"

namespace maestro::provider::aws {

namespace {

bool one_of(std::string_view code, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), code) != words.end();
}

const json::Value* first_of(const json::Value* value) {
  if (value == nullptr || !value->is_array()) return value;
  return value->get_array().empty() ? nullptr : &value->get_array().front();
}

std::string advice(Code kind, std::string_view code, std::string_view service, std::string_view action,
                   const std::vector<std::string>* needs) {
  switch (kind) {
    case Code::kUnauthenticated:
      if (code.starts_with("Expired") || code == "RequestExpired")
        return " Enter fresh credentials: these have expired.";
      if (may_be_skew(code)) return " Check the access key and the secret, and the clock of this server.";
      return " Check the access key and the secret of this connection.";
    case Code::kForbidden: {
      if (code == "OptInRequired") return " The account has not opted in to this service or region.";
      const std::string own = fmt::format("{}:{}", service, action);
      const bool declared =
          needs != nullptr && std::find(needs->begin(), needs->end(), own) == needs->end() && !needs->empty();
      return fmt::format(" Allow {} for this access key.", declared ? text::join(*needs, ", ") : own);
    }
    case Code::kThrottled:
      return " AWS asks to call less often.";
    default:
      return {};
  }
}

}  // namespace

Fault read_fault(std::string_view body) {
  Fault fault;
  const auto document = read_xml(body.substr(0, 1U << 20));
  if (!document) return fault;
  const json::Value* error = first_of(json::find(*document, "Errors.Error"));
  if (error == nullptr) error = first_of(json::find(*document, "Errors"));  // a lone Error reads as a list of one
  if (error == nullptr || json::find(*error, "Code") == nullptr) error = first_of(json::find(*document, "Error"));
  if (error == nullptr) return fault;
  if (const json::Value* code = json::find(*error, "Code")) fault.code = json::scalar_text(*code);
  if (const json::Value* message = json::find(*error, "Message")) fault.message = json::scalar_text(*message);
  return fault;
}

bool may_be_skew(std::string_view code) {
  return one_of(code, {"RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException",
                       "AuthFailure", "RequestInTheFuture"});
}

Code classify(int status, std::string_view code) {
  if (one_of(code, {"RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException",
                    "RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "TooManyRequests",
                    "SlowDown", "BandwidthLimitExceeded", "ProvisionedThroughputExceededException",
                    "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
                    "TransactionInProgressException", "InstanceLimitExceeded.Throttled"}) ||
      status == 429) {
    return Code::kThrottled;
  }
  if (one_of(code, {"AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignatureException",
                    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed",
                    "RequestInTheFuture", "UnrecognizedClientException", "InvalidAccessKeyId",
                    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature",
                    "InvalidToken", "NotAuthorized", "InvalidSecurity"})) {
    return Code::kUnauthenticated;
  }
  if (one_of(code, {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired",
                    "SubscriptionRequiredException", "Blocked", "PendingVerification", "AuthorizationError",
                    "NotAuthorizedException"})) {
    return Code::kForbidden;
  }
  if (status >= 500 || one_of(code, {"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable",
                                     "RequestTimeout", "RequestTimeoutException", "InternalServerError"})) {
    return Code::kUnavailable;
  }
  if (status == 401) return Code::kUnauthenticated;
  if (status == 403) return Code::kForbidden;
  return Code::kInvalid;
}

Error explain(const HttpAnswer& answer, const Fault& fault, std::string_view service, std::string_view action,
              std::string_view region, const std::vector<std::string>* needs) {
  const Code kind = classify(answer.status, fault.code);
  std::string said = one_line(fault.message);
  if (said.empty()) said = fmt::format("status {}", answer.status);
  if (said.back() != '.') said += '.';
  const std::string code = fault.code.empty() ? std::string() : fmt::format(" ({})", one_line(fault.code));
  Error error{.code = kind,
              .message = fmt::format("{} {} in {} failed{}: {}{}", text::upper(service), action, region, code, said,
                                     advice(kind, fault.code, service, action, needs))};
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  error.retry_after_ms = retry_after_ms(answer, now);
  return error;
}

}  // namespace maestro::provider::aws
