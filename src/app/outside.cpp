#include "app/outside.h"

#include <charconv>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "files_local/local_store.h"
#include "files_s3/s3_store.h"
#include "mail/smtp_mailer.h"

namespace maestro::app {
namespace {

constexpr const char* kRequiredForS3[][2] = {
    {"s3-bucket", "AWS_S3_BUCKET_NAME"}, {"s3-access", "AWS_ACCESS_KEY_ID"}, {"s3-secret", "AWS_SECRET_ACCESS_KEY"}};

bool is_s3(const Config& config) { return text::iequals(config.text("upload-type"), "s3"); }

/// The variable without which there is no S3; empty when all are there.
std::string missing_for_s3(const Config& config) {
  for (const auto& [name, variable] : kRequiredForS3)
    if (config.text(name).empty()) return variable;
  return {};
}

/// The manual writes values in quotes, which reach a program that is started without a shell.
std::string unquoted(std::string_view value) {
  value = text::trim(value);
  for (const char quote : {'\'', '"'})
    if (value.size() >= 2 && value.front() == quote && value.back() == quote)
      return std::string(value.substr(1, value.size() - 2));
  return std::string(value);
}

files_s3::Bucket bucket(const Config& config, const std::string& scope) {
  const auto pick = [&](const char* what) {
    const std::string& own = config.text("s3-" + scope + "-" + what);
    return own.empty() ? config.text(std::string("s3-") + what) : own;
  };
  return {.name = unquoted(pick("bucket")), .access = unquoted(pick("access")), .secret = unquoted(pick("secret"))};
}

std::string below(const std::string& root, std::string_view folder) {
  while (folder.starts_with('/')) folder.remove_prefix(1);
  return root + "/" + std::string(folder);
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<std::unique_ptr<files::FileStore>> make_file_store(const Config& config, provider::Transport& transport,
                                                          const Clock& clock) {
  const std::string& type = config.text("upload-type");
  if (is_s3(config)) {
    if (const std::string missing = missing_for_s3(config); !missing.empty()) {
      log::warn("uploads are off", {{"reason", missing + " is not set"}});
      return std::unique_ptr<files::FileStore>();
    }
    files_s3::Options options{.public_bucket = bucket(config, "public"), .private_bucket = bucket(config, "private")};
    options.region = unquoted(config.text("s3-region"));
    options.endpoint = unquoted(config.text("s3-endpoint"));
    options.public_acl = config.text("s3-public-acl") == "none" ? "" : config.text("s3-public-acl");
    return files_s3::make_store(std::move(options), transport, clock);
  }
  if (!text::iequals(type, "local")) return invalid("Setting upload-type = \"" + type + "\": must be Local or S3");
  const std::string root =
      config.text("upload-root").empty() ? config.text("data") + "/files" : without_slash(config.text("upload-root"));
  return files_local::open_folders({.public_folder = below(root, config.text("local-dir")),
                                    .private_folder = below(root, config.text("private-local-dir"))});
}

api::Uploads upload_options(const Config& config, files::FileStore* store) {
  std::string storage_origin;
  if (store != nullptr) {
    const auto direct = store->direct_upload(files::Class::kPublic, "any.png", "image/png", Time());
    if (direct.ok() && *direct) storage_origin = api::origin_of((*direct)->url).value_or("");
  }
  return {.store = store,
          .missing = store == nullptr ? missing_for_s3(config) : "",
          .secret = crypto::hmac_sha256(config.text("secret-jwt"), "maestro upload tokens"),
          .base_url = without_slash(config.text("api-url")),
          .storage_origin = std::move(storage_origin),
          .min_size = static_cast<std::size_t>(config.number("upload-min")),
          .max_size = static_cast<std::size_t>(config.number("upload-max"))};
}

std::unique_ptr<mail::Mailer> make_mailer(const Config& config, const Clock& clock) {
  mail::SmtpOptions options;
  options.host = unquoted(config.text("smtp-host"));
  options.sender = unquoted(config.text("smtp-sender"));
  options.username = unquoted(config.text("smtp-username"));
  options.password = unquoted(config.text("smtp-password"));
  options.implicit_tls = config.boolean("smtp-usetls");
  options.ignore_starttls = config.boolean("smtp-ignore");
  const std::string port = unquoted(config.text("smtp-port"));
  if (std::from_chars(port.data(), port.data() + port.size(), options.port).ptr != port.data() + port.size())
    options.port = -1;
  if (const auto reason = mail::why_off(options)) {
    log::info("mail is off", {{"reason", *reason}});
    return nullptr;
  }
  log::info("mail is on", {{"host", options.host}, {"port", options.port}, {"sender", options.sender}});
  return mail::make_smtp_mailer(std::move(options), clock);
}

api::Recovery recovery_options(const Config& config, mail::Mailer* mailer) {
  api::Recovery recovery{.mailer = mailer, .secret = config.text("secret-forgot"), .origins = {}};
  const auto allow = [&recovery](std::string_view url) {
    if (const auto origin = api::origin_of(text::trim(url))) {
      recovery.origins.push_back(*origin);
    } else if (!text::trim(url).empty()) {
      log::warn("an origin for recovery mails is no URL", {{"value", text::trim(url)}});
    }
  };
  // The Host header is not among them: whoever asks chooses it. A wildcard address is nobody's origin.
  const std::string& host = config.text("host");
  const bool is_loopback = host == "localhost" || host == "::1" || host.starts_with("127.");
  std::vector<std::string> own;
  if (host != "0.0.0.0" && host != "::") own.push_back(host.find(':') == std::string::npos ? host : "[" + host + "]");
  if (is_loopback) own.insert(own.end(), {"localhost", "127.0.0.1"});
  for (const std::string& name : own) allow(fmt::format("http://{}:{}", name, config.number("port")));
  allow(config.text("api-url"));
  for (const auto url : text::split(config.text("forgot-origins"), ',')) allow(url);
  return recovery;
}

}  // namespace maestro::app
