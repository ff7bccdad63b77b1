#include "provider/aws/sigv4.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::provider::aws {

namespace {

/// Encodes what is not encoded yet: an escape that came with the URL must not become %25XX.
std::string encode_once(std::string_view part) { return text::percent_encode(text::percent_decode(part)); }

/// Removes "." and empty segments and resolves "..", keeping a trailing slash, as RFC 3986 5.2.4 does for absolute
/// paths.
std::string normalize(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = text::split(path, '/');
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string out = "/";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i != 0) out += '/';
    out += kept[i];
  }
  const std::string_view last = segments.empty() ? std::string_view() : segments.back();
  if (!kept.empty() && (last.empty() || last == "." || last == "..")) out += '/';
  return out;
}

std::string canonical_path(std::string_view path, bool normalized) {
  const std::string plain = normalized ? normalize(path) : std::string(path.empty() ? std::string_view("/") : path);
  std::string out;
  const auto segments = text::split(plain, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (i != 0) out += '/';
    // Every service but S3 signs the path as it goes over the wire encoded once more; ours is encoded on the wire.
    out += encode_once(segments[i]);
  }
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : text::split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    pairs.emplace_back(encode_once(part.substr(0, equals)), encode_once(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

/// Trims, and makes one space of each run of blanks; a folded line counts as one more value, joined by a comma.
std::string canonical_value(std::string_view value) {
  std::string out;
  char joint = 0;
  for (const char c : text::trim(value)) {
    if (c == '\n') {
      joint = ',';
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (joint == 0) joint = ' ';
    } else {
      if (joint != 0) out += joint;
      joint = 0;
      out += c;
    }
  }
  return out;
}

/// Lower-case names in order, values of one name joined by commas in the order that they came.
std::vector<std::pair<std::string, std::string>> canonical_headers(const SigningInput& input) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : input.headers) {
    const std::string lower = text::lower(name);
    if (lower == "authorization" || lower == "user-agent" || lower == "expect") continue;
    const auto same = std::find_if(out.begin(), out.end(), [&](const auto& row) { return row.first == lower; });
    if (same == out.end()) {
      out.emplace_back(lower, canonical_value(value));
    } else {
      same->second += "," + canonical_value(value);
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

std::string signed_names(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out.append(out.empty() ? "" : ";").append(name);
  return out;
}

}  // namespace

std::string amz_date(Time time) {
  std::string out;  // "2015-08-30T12:36:00.000Z" without punctuation and milliseconds
  const std::string iso = to_iso(time).substr(0, 19);
  for (const char c : iso)
    if (c != '-' && c != ':') out += c;
  return out + "Z";
}

std::string canonical_request(const SigningInput& input, const Scope& scope, std::string_view payload_hash) {
  const auto headers = canonical_headers(input);
  std::string lines;
  for (const auto& [name, value] : headers) lines.append(name).append(":").append(value).append("\n");
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", input.method, canonical_path(input.path, scope.normalize_path),
                     canonical_query(input.query), lines, signed_names(headers), payload_hash);
}

namespace {

std::string scope_text(const Scope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", amz_date(scope.time).substr(0, 8), scope.region, scope.service);
}

/// The signature of a canonical request, as hex.
std::string signature(const std::string& request, const Keys& keys, const Scope& scope) {
  const std::string date = amz_date(scope.time);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope_text(scope), text::to_hex(crypto::sha256(request)));
  std::string key = crypto::hmac_sha256("AWS4" + keys.secret, date.substr(0, 8));
  key = crypto::hmac_sha256(key, scope.region);
  key = crypto::hmac_sha256(key, scope.service);
  key = crypto::hmac_sha256(key, "aws4_request");
  return text::to_hex(crypto::hmac_sha256(key, to_sign));
}

}  // namespace

void sign(SigningInput& input, const Keys& keys, const Scope& scope) {
  input.headers.emplace_back("X-Amz-Date", amz_date(scope.time));
  if (!keys.token.empty()) input.headers.emplace_back("X-Amz-Security-Token", keys.token);
  const std::string request = canonical_request(input, scope, text::to_hex(crypto::sha256(input.body)));
  input.headers.emplace_back(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", keys.access, scope_text(scope),
                  signed_names(canonical_headers(input)), signature(request, keys, scope)));
}

std::string presigned_query(const SigningInput& input, const Keys& keys, const Scope& scope, int seconds) {
  SigningInput signed_input = input;
  std::string& query = signed_input.query;
  const auto add = [&query](std::string_view name, std::string_view value) {
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, text::percent_encode(value));
  };
  add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  add("X-Amz-Credential", keys.access + "/" + scope_text(scope));
  add("X-Amz-Date", amz_date(scope.time));
  add("X-Amz-Expires", std::to_string(seconds));
  if (!keys.token.empty()) add("X-Amz-Security-Token", keys.token);
  add("X-Amz-SignedHeaders", signed_names(canonical_headers(input)));
  add("X-Amz-Signature", signature(canonical_request(signed_input, scope, "UNSIGNED-PAYLOAD"), keys, scope));
  return query;
}

}  // namespace maestro::provider::aws
