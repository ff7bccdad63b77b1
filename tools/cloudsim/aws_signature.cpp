#include "cloudsim/aws_signature.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::cloudsim {

namespace {

using Outcome = SignatureCheck::Outcome;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr Millis kWindow{300'000};

std::string encode_once(std::string_view part) { return text::percent_encode(text::percent_decode(part)); }

/// RFC 3986 5.2.4 and single slashes.
std::string canonical_path(std::string_view path, bool twice) {
  std::vector<std::string> kept;
  const auto segments = text::split(path, '/');
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(twice ? text::percent_encode(segment) : encode_once(segment));
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out = "/" + text::join(kept, "/");
  if (!kept.empty() && path.ends_with('/')) out += '/';
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : text::split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    pairs.emplace_back(encode_once(part.substr(0, equals)),
                       equals == std::string_view::npos ? std::string() : encode_once(part.substr(equals + 1)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::string> parts;
  for (const auto& [name, value] : pairs) parts.push_back(name + "=" + value);
  return text::join(parts, "&");
}

std::string one_space(std::string_view value) {
  std::string out;
  for (const char c : text::trim(value)) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

/// The part of a header "Name=value, Name=value" behind `name`; empty when it is missing.
std::string_view part_of(std::string_view header, std::string_view name) {
  for (std::string_view part : text::split(header, ',')) {
    part = text::trim(part);
    if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) return part.substr(name.size() + 1);
  }
  return {};
}

/// "20150830T123600Z"; the epoch when it is something else.
Time read_date(std::string_view text) {
  if (text.size() != 16) return Time{};
  const auto cut = [&](std::size_t at, std::size_t count) { return text.substr(at, count); };
  return parse_iso(
             fmt::format("{}-{}-{}T{}:{}:{}Z", cut(0, 4), cut(4, 2), cut(6, 2), cut(9, 2), cut(11, 2), cut(13, 2)))
      .value_or(Time{});
}

}  // namespace

SignatureCheck check_signature(const http::Request& request, std::string_view access, std::string_view secret,
                               Time now) {
  SignatureCheck check;
  const auto end = [&check](Outcome outcome, std::string detail = {}) {
    check.outcome = outcome;
    check.detail = std::move(detail);
    return check;
  };
  const std::string* authorization = request.headers.find("authorization");
  if (authorization == nullptr) return end(Outcome::kMissing);
  if (!authorization->starts_with(kAlgorithm)) return end(Outcome::kIncomplete, "Unsupported algorithm.");
  const std::string_view parts = std::string_view(*authorization).substr(kAlgorithm.size());
  const std::string_view credential = part_of(parts, "Credential");
  const std::string_view names = part_of(parts, "SignedHeaders");
  const std::string_view signature = part_of(parts, "Signature");
  for (const auto& [name, value] :
       {std::pair("Credential", credential), {"SignedHeaders", names}, {"Signature", signature}}) {
    if (value.empty())
      return end(Outcome::kIncomplete, fmt::format("Authorization header requires '{}' parameter.", name));
  }
  const auto scope = text::split(credential, '/');
  if (scope.size() != 5 || scope[4] != "aws4_request") {
    return end(Outcome::kIncomplete, "Credential must have exactly 5 slash-delimited elements.");
  }
  check.access = scope[0];
  check.region = scope[2];
  check.service = scope[3];
  const std::string* date = request.headers.find("x-amz-date");
  if (date == nullptr) {
    return end(Outcome::kIncomplete,
               "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  check.date = *date;
  const Time when = read_date(*date);
  if (when == Time{} || date->substr(0, 8) != scope[1]) {
    return end(Outcome::kMismatch, "Date in Credential scope does not match the date of X-Amz-Date.");
  }
  if (check.access != access) return end(Outcome::kUnknownKey);

  std::string headers;
  bool host_signed = false;
  for (const std::string_view name : text::split(names, ';')) {
    host_signed = host_signed || name == "host";
    std::vector<std::string> values;
    for (const auto& [key, value] : request.headers.fields()) {
      if (text::iequals(key, name)) values.push_back(one_space(value));
    }
    headers += fmt::format("{}:{}\n", name, text::join(values, ","));
  }
  if (!host_signed) return end(Outcome::kMismatch, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  std::string payload = text::to_hex(crypto::sha256(request.body));
  if (const std::string* announced = request.headers.find("x-amz-content-sha256")) {
    if (*announced != payload && *announced != "UNSIGNED-PAYLOAD")
      return end(Outcome::kMismatch, "The payload's hash differs.");
    payload = *announced;
  }

  std::string key = crypto::hmac_sha256("AWS4" + std::string(secret), scope[1]);
  for (const std::string_view step : {scope[2], scope[3], scope[4]}) key = crypto::hmac_sha256(key, step);
  const auto signature_of = [&](const std::string& canonical) {
    const std::string to_sign = fmt::format("{}\n{}\n{}/{}/{}/{}\n{}", kAlgorithm, *date, scope[1], scope[2], scope[3],
                                            scope[4], text::to_hex(crypto::sha256(canonical)));
    return text::to_hex(crypto::hmac_sha256(key, to_sign));
  };
  // The rules want the path encoded twice, some clients encode it once; for "/" it is the same.
  std::string canonical;
  bool matches = false;
  for (const bool twice : {true, false}) {
    canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method_text, canonical_path(request.path, twice),
                            canonical_query(request.query), headers, names, payload);
    matches = matches || crypto::equal(signature_of(canonical), signature);
  }
  if (!matches) return end(Outcome::kMismatch, canonical);
  if (when + kWindow < now) return end(Outcome::kExpired);
  if (when - kWindow > now) return end(Outcome::kNotYet);
  return end(Outcome::kOk);
}

}  // namespace maestro::cloudsim
