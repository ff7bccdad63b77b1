#include "files_s3/s3_store.h"

#include <fmt/format.h>

#include <charconv>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "files/names.h"
#include "provider/aws/sigv4.h"

namespace maestro::files_s3 {

using files::Class;
using files::FileInfo;
using provider::HttpAnswer;
using provider::HttpCall;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string encoded_path(std::string_view name) {
  std::string out;
  for (const auto segment : text::split(name, '/')) out += "/" + text::percent_encode(segment);
  return out;
}

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

/// True when the bucket may be a label of a host name that one wildcard certificate covers.
bool is_host_label(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// Where a service is reached: "https://host:port" and a path before the bucket.
struct Endpoint {
  std::string scheme, authority, path;
};

Result<Endpoint> parse_endpoint(std::string_view text) {
  const Error wrong = invalid("AWS_ENDPOINT must be of the form https://host:port");
  Endpoint out;
  const auto colon = text.find("://");
  out.scheme = text::lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (out.scheme != "https" && out.scheme != "http")) return wrong;
  std::string_view rest = text.substr(colon + 3);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto slash = rest.find('/');
  out.authority = text::lower(rest.substr(0, slash));
  if (slash != std::string_view::npos) out.path = rest.substr(slash);
  if (out.authority.empty() || rest.find_first_of("?#@ \t\r\n\\") != std::string_view::npos) return wrong;
  // A client leaves the usual port out of the Host header, which is signed.
  const std::string_view usual = out.scheme == "https" ? ":443" : ":80";
  if (out.authority.ends_with(usual)) out.authority = out.authority.substr(0, out.authority.size() - usual.size());
  return out;
}

/// What the service says of a refusal, for the log.
std::string fault_of(const HttpAnswer& answer) {
  const auto begin = answer.body.find("<Code>");
  const auto end = answer.body.find("</Code>");
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  return answer.body.substr(begin + 6, std::min<std::size_t>(end - begin - 6, 100));
}

class S3Store final : public files::FileStore {
 public:
  S3Store(Options options, std::optional<Endpoint> endpoint, provider::Transport& transport, const Clock& clock)
      : options_(std::move(options)), endpoint_(std::move(endpoint)), transport_(transport), clock_(clock) {}

  Result<void> put(const Context& context, Class where, std::string_view name, std::string_view type,
                   std::string_view bytes) override;
  Result<std::unique_ptr<files::File>> open(const Context& context, Class where, std::string_view name) override;
  Result<void> remove(const Context& context, Class where, std::string_view name) override;
  Result<std::optional<files::DirectUpload>> direct_upload(Class where, std::string_view name, std::string_view type,
                                                           Time now) override;

  /// One signed request for an object. 404 and every other refusal are errors.
  Result<HttpAnswer> send(const Context& context, std::string method, Class where, std::string_view name,
                          Headers headers = {}, std::string body = {}) const;

 private:
  struct Address {
    std::string scheme, authority, path;
  };
  const Bucket& bucket(Class where) const {
    return where == Class::kPublic ? options_.public_bucket : options_.private_bucket;
  }
  Address address_of(const Bucket& bucket, std::string_view name) const;
  provider::aws::Scope scope(Time now) const {
    return {.region = options_.region, .service = "s3", .time = now, .normalize_path = false};
  }

  Options options_;
  std::optional<Endpoint> endpoint_;
  provider::Transport& transport_;
  const Clock& clock_;
};

/// One state of an object: its tag goes with every request, so that another state is refused and not mixed in.
class S3File final : public files::File {
 public:
  S3File(const S3Store& store, Context context, Class where, std::string name, FileInfo info)
      : File(std::move(info)), store_(store), context_(std::move(context)), where_(where), name_(std::move(name)) {}

  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    if (length == 0) return std::string();
    TRY_ASSIGN(auto answer, store_.send(context_, "GET", where_, name_,
                                        {{"Range", fmt::format("bytes={}-{}", offset, offset + length - 1)},
                                         {"If-Match", "\"" + info().tag + "\""}}));
    // A service without ranges answers with the whole.
    if (answer.status == 200 && answer.body.size() == info().size) answer.body = answer.body.substr(offset, length);
    if (answer.body.size() != length) return unavailable("The file storage sent less than was asked for");
    return std::move(answer.body);
  }

 private:
  const S3Store& store_;
  Context context_;
  Class where_;
  std::string name_;
};

S3Store::Address S3Store::address_of(const Bucket& bucket, std::string_view name) const {
  const std::string key = encoded_path(name);
  if (endpoint_) return {endpoint_->scheme, endpoint_->authority, endpoint_->path + "/" + bucket.name + key};
  const std::string host = fmt::format("s3.{}.amazonaws.com", options_.region);
  if (is_host_label(bucket.name)) return {"https", bucket.name + "." + host, key};
  return {"https", host, "/" + bucket.name + key};
}

Result<HttpAnswer> S3Store::send(const Context& context, std::string method, Class where, std::string_view name,
                                 Headers headers, std::string body) const {
  const Bucket& place = bucket(where);
  const Address address = address_of(place, name);
  provider::aws::SigningInput input{
      .method = method, .path = address.path, .query = {}, .headers = std::move(headers), .body = body};
  input.headers.emplace_back("Host", address.authority);
  input.headers.emplace_back("X-Amz-Content-Sha256", text::to_hex(crypto::sha256(body)));
  provider::aws::sign(input, {.access = place.access, .secret = place.secret, .token = {}}, scope(clock_.now()));
  if (method == "PUT" && body.empty()) input.headers.emplace_back("Content-Length", "0");
  const HttpCall call{.method = std::move(method),
                      .url = fmt::format("{}://{}{}", address.scheme, address.authority, address.path),
                      .headers = std::move(input.headers),
                      .body = std::move(body)};
  auto answer = transport_.send(context, call);
  if (!answer.ok()) {
    log::error("the file storage does not answer",
               {{"bucket", place.name}, {"method", call.method}, {"error", answer.error().message}});
    return unavailable("The file storage does not answer at present");
  }
  if (answer->status >= 200 && answer->status < 300) return answer;
  if (answer->status == 404) return not_found("There is no such file");
  if (answer->status == 412) return unavailable("The file was replaced while it was read");
  log::error(
      "the file storage refused a request",
      {{"bucket", place.name}, {"method", call.method}, {"status", answer->status}, {"code", fault_of(*answer)}});
  return unavailable("The file storage refused the request");
}

Result<void> S3Store::put(const Context& context, Class where, std::string_view name, std::string_view type,
                          std::string_view bytes) {
  if (!files::is_name(name)) return invalid("That is no name of a file");
  Headers headers{{"Content-Type", std::string(type)}};
  if (where == Class::kPublic && !options_.public_acl.empty()) headers.emplace_back("X-Amz-Acl", options_.public_acl);
  TRY(send(context, "PUT", where, name, std::move(headers), std::string(bytes)));
  return {};
}

Result<std::unique_ptr<files::File>> S3Store::open(const Context& context, Class where, std::string_view name) {
  if (!files::is_name(name)) return not_found("There is no such file");
  TRY_ASSIGN(const auto answer, send(context, "HEAD", where, name));
  FileInfo info;
  const std::string* length = answer.header("content-length");
  const std::string* tag = answer.header("etag");
  if (length == nullptr || tag == nullptr ||
      std::from_chars(length->data(), length->data() + length->size(), info.size).ec != std::errc())
    return unavailable("The file storage does not tell the size of a file");
  info.tag = std::string(text::trim(*tag));
  if (info.tag.size() >= 2 && info.tag.front() == '"') info.tag = info.tag.substr(1, info.tag.size() - 2);
  if (const std::string* modified = answer.header("last-modified"))
    info.modified = parse_http_date(*modified).value_or(Time());
  return std::unique_ptr<files::File>(
      std::make_unique<S3File>(*this, context, where, std::string(name), std::move(info)));
}

Result<void> S3Store::remove(const Context& context, Class where, std::string_view name) {
  if (!files::is_name(name)) return {};
  const auto answer = send(context, "DELETE", where, name);
  if (!answer.ok() && answer.error().code != Code::kNotFound) return answer.error();
  return {};
}

Result<std::optional<files::DirectUpload>> S3Store::direct_upload(Class where, std::string_view name,
                                                                  std::string_view type, Time now) {
  if (!files::is_name(name)) return invalid("That is no name of a file");
  const Bucket& place = bucket(where);
  const Address address = address_of(place, name);
  // The type is a header that the client must send as it is signed; the ACL stands in the query, because clients of
  // the original send no header for it.
  provider::aws::SigningInput input{.method = "PUT",
                                    .path = address.path,
                                    .query = {},
                                    .headers = {{"Host", address.authority}, {"Content-Type", std::string(type)}},
                                    .body = {}};
  if (where == Class::kPublic && !options_.public_acl.empty())
    input.query = "x-amz-acl=" + text::percent_encode(options_.public_acl);
  const std::string query = provider::aws::presigned_query(
      input, {.access = place.access, .secret = place.secret, .token = {}}, scope(now), options_.upload_seconds);
  const std::string base = endpoint_
                               ? fmt::format("{}://{}{}", endpoint_->scheme, endpoint_->authority, endpoint_->path)
                               : std::string("https://s3.amazonaws.com");
  return std::optional(
      files::DirectUpload{.url = fmt::format("{}://{}{}?{}", address.scheme, address.authority, address.path, query),
                          .object_url = base + "/" + place.name + encoded_path(name)});
}

}  // namespace

Result<std::unique_ptr<files::FileStore>> make_store(Options options, provider::Transport& transport,
                                                     const Clock& clock) {
  for (const Bucket& bucket : {options.public_bucket, options.private_bucket})
    if (!is_bucket_name(bucket.name)) return invalid("\"" + bucket.name + "\" cannot be the name of an S3 bucket");
  std::optional<Endpoint> endpoint;
  if (!options.endpoint.empty()) {
    TRY_ASSIGN(endpoint, parse_endpoint(options.endpoint));
  }
  return std::unique_ptr<files::FileStore>(
      std::make_unique<S3Store>(std::move(options), std::move(endpoint), transport, clock));
}

}  // namespace maestro::files_s3
