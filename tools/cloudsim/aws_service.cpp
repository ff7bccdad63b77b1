#include "cloudsim/aws_service.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/text.h"
#include "cloudsim/xml.h"
#include "http/query.h"

namespace maestro::cloudsim::aws {

namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr std::size_t kMaxParams = 20'000;

struct Action {
  const char* service;
  const char* name;
  Handler handler;
};

constexpr Action kActions[] = {
    {"ec2", "DescribeInstances", describe_instances},
    {"ec2", "DescribeInstanceTypes", describe_instance_types},
    {"ec2", "DescribeRegions", describe_regions},
    {"ec2", "DescribeAvailabilityZones", describe_availability_zones},
    {"ec2", "DescribeVpcs", describe_vpcs},
    {"ec2", "DescribeSubnets", describe_subnets},
    {"ec2", "DescribeSecurityGroups", describe_security_groups},
    {"ec2", "DescribeImages", describe_images},
    {"ec2", "DescribeVolumes", describe_volumes},
    {"sts", "GetCallerIdentity", get_caller_identity},
};

std::string request_id() {
  std::string hex = text::to_hex(crypto::random_bytes(16));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, "-");
  return hex;
}

/// EC2 and STS name the same troubles differently, and EC2 tells a stranger nothing.
Error refused(const SignatureCheck& check, bool sts, Time now) {
  using Outcome = SignatureCheck::Outcome;
  if (!sts) {
    switch (check.outcome) {
      case Outcome::kMissing:
        return fail("MissingParameter", "The request must contain the parameter AWSAccessKeyId");
      case Outcome::kIncomplete:
        return fail("IncompleteSignature", check.detail);
      case Outcome::kExpired:
      case Outcome::kNotYet:
        return fail("RequestExpired", "Request has expired.");
      default:
        return fail("AuthFailure", "AWS was not able to validate the provided access credentials",
                    Code::kUnauthenticated);
    }
  }
  switch (check.outcome) {
    case Outcome::kMissing:
      return fail("MissingAuthenticationToken", "Request is missing Authentication Token", Code::kForbidden);
    case Outcome::kIncomplete:
      return fail("IncompleteSignature", check.detail, Code::kForbidden);
    case Outcome::kUnknownKey:
      return fail("InvalidClientTokenId", "The security token included in the request is invalid.", Code::kForbidden);
    case Outcome::kExpired:
      return fail("SignatureDoesNotMatch",
                  fmt::format("Signature expired: {} is now earlier than {} (- 5 min.)", check.date, to_iso(now)),
                  Code::kForbidden);
    case Outcome::kNotYet:
      return fail(
          "SignatureDoesNotMatch",
          fmt::format("Signature not yet current: {} is still later than {} (+ 5 min.)", check.date, to_iso(now)),
          Code::kForbidden);
    default:
      break;
  }
  return fail("SignatureDoesNotMatch",
              "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
              "Access Key and signing method. Consult the service documentation for details.",
              Code::kForbidden);
}

int status_of(Code code) {
  switch (code) {
    case Code::kUnauthenticated:
      return 401;
    case Code::kForbidden:
      return 403;
    case Code::kThrottled:
    case Code::kUnavailable:
      return 503;
    case Code::kInternal:
      return 500;
    default:
      return 400;
  }
}

std::string error_body(const Error& error, bool sts, const std::string& id) {
  std::string out(sts ? "" : kDeclaration);
  Xml xml(out);
  if (sts) {
    xml.raw("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>");
    xml.leaf("Type", error.code == Code::kInternal ? "Receiver" : "Sender");
    xml.leaf("Code", error.wire_name).text("Message", error.message);
    xml.raw("</Error>").leaf("RequestId", id).raw("</ErrorResponse>");
  } else {
    xml.raw("<Response><Errors><Error>").leaf("Code", error.wire_name).text("Message", error.message);
    xml.raw("</Error></Errors>").leaf("RequestID", id).raw("</Response>");
  }
  return out;
}

std::optional<Error> fault_error(const Call& call) {
  const bool sts = call.service == "sts";
  if (!call.fault) return std::nullopt;
  switch (call.fault->kind) {
    case FaultKind::kThrottle:
      if (sts) return fail("Throttling", "Rate exceeded");
      return fail("RequestLimitExceeded", "Request limit exceeded.", Code::kThrottled);
    case FaultKind::kForbidden: {
      const std::string who = fmt::format("User: arn:aws:iam::{}:user/cloudsim is not authorized to perform: {}:{}",
                                          call.world.options.account, call.service, call.action);
      if (sts) return fail("AccessDenied", who, Code::kForbidden);
      return fail("UnauthorizedOperation", "You are not authorized to perform this operation. " + who,
                  Code::kForbidden);
    }
    case FaultKind::kError500:
      return fail(sts ? "InternalFailure" : "InternalError", "An internal error has occurred", Code::kInternal);
    case FaultKind::kExpiredToken:
      if (sts) return fail("ExpiredToken", "The security token included in the request is expired", Code::kForbidden);
      return fail("RequestExpired", "Request has expired.");
    default:
      return std::nullopt;
  }
}

/// The answer's body up to the handler's part.
void begin_answer(std::string& out, const Call& call, const std::string& id) {
  if (call.service == "sts") {
    out += fmt::format("<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result>", call.action);
  } else {
    out += kDeclaration;
    out += fmt::format("<{}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>{}</requestId>",
                       call.action, id);
  }
}

void end_answer(std::string& out, const Call& call, const std::string& id) {
  if (call.service == "sts") {
    out += fmt::format("</{}Result><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>", call.action, id);
  }
  out += fmt::format("</{}Response>", call.action);
}

Result<void> answer(Call& call, const SignatureCheck& check, std::string& out, const std::string& id) {
  const bool sts = call.service == "sts";
  if (check.outcome != SignatureCheck::Outcome::kOk) return refused(check, sts, call.world.clock.now());
  if (call.service != "ec2" && !sts) {
    return fail("InvalidAction", fmt::format("The service {} is not simulated.", call.service));
  }
  if (!is_enabled(call.world, call.region)) {  // as of a region that the account has not opted in to
    SignatureCheck stranger;
    stranger.outcome = SignatureCheck::Outcome::kUnknownKey;
    return refused(stranger, sts, call.world.clock.now());
  }
  if (call.action.empty()) return fail("MissingAction", "The request must contain the parameter Action");
  const auto* action = std::find_if(std::begin(kActions), std::end(kActions), [&](const Action& one) {
    return call.service == one.service && call.action == one.name;
  });
  if (action == std::end(kActions)) {
    return fail("InvalidAction", sts ? fmt::format("Could not find operation {} for version 2011-06-15", call.action)
                                     : fmt::format("The action {} is not valid for this web service.", call.action));
  }
  begin_answer(out, call, id);
  if (call.param("DryRun") == "true") {
    return fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", Code::kForbidden);
  }
  TRY(action->handler(call, out));
  if (!call.fault_asked) call.fault = call.world.faults.take(Cloud::kAws, call.action, call.region, Place{});
  if (auto error = fault_error(call)) return *std::move(error);
  end_answer(out, call, id);
  return {};
}

}  // namespace

http::Reply serve(World& world, const http::Request& request) {
  const Time now = world.clock.now();
  const Credentials credentials = world.credentials();
  const SignatureCheck check = check_signature(request, credentials.access, credentials.secret, now);
  Call call{.world = world, .action = {}, .region = check.region, .service = check.service, .params = {}, .fault = {}};
  for (const std::string_view encoded : {std::string_view(request.query), std::string_view(request.body)}) {
    for (auto& [name, value] : http::parse_pairs(encoded, kMaxParams)) call.params[name] = std::move(value);
  }
  call.action = call.param("Action");
  if (call.service.empty()) call.service = call.param("Version") == "2011-06-15" ? "sts" : "ec2";

  const std::string id = request_id();
  http::Reply reply;
  const auto result = answer(call, check, reply.body, id);
  const std::string counter = fmt::format("aws.{}", call.action.empty() ? "?" : call.action);
  world.count(counter);
  if (call.fault) world.count(fmt::format("{}.{}", counter, fault_name(call.fault->kind)));
  if (!result) {
    reply.status = status_of(result.error().code);
    if (result.error().wire_name == "DryRunOperation") reply.status = 412;
    reply.body = error_body(result.error(), call.service == "sts", id);
    world.count(fmt::format("{}.{}", counter, result.error().wire_name));
  }
  reply.headers.add("Content-Type", call.service == "sts" ? "text/xml" : "text/xml;charset=UTF-8");
  reply.headers.add("x-amzn-RequestId", id);
  reply.headers.add("Date", http_date(now));
  if (call.service != "sts") {
    reply.headers.add("Cache-Control", "no-cache, no-store");
    reply.headers.add("Server", "AmazonEC2");
  }
  return deliver(std::move(reply), call.fault, request.stop);
}

}  // namespace maestro::cloudsim::aws
