#include "app/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>

#include "base/text.h"

namespace maestro::app {
namespace {

constexpr Setting kSettings[] = {
    {"data", "--data", "MAESTRO_DATA", "maestro-data", SettingKind::kText, 0, 0,
     "Folder of the database, the generated secrets and the settings file."},
    {"store", "--store", "MAESTRO_STORE", "", SettingKind::kText, 0, 0,
     "sqlite:PATH or postgresql://USER:PASSWORD@HOST/DATABASE; empty = sqlite:DATA/maestro.db."},
    {"host", "--host", "MAESTRO_HOST", "127.0.0.1", SettingKind::kText, 0, 0,
     "Address to listen on. Beyond loopback counts as production."},
    {"port", "--port", "MAESTRO_PORT", "8888", SettingKind::kNumber, 0, 65535,
     "Port of the server listener; 0 = any free one."},
    {"roles", "--roles", "MAESTRO_ROLES", "api,worker,scheduler", SettingKind::kText, 0, 0,
     "What this process does; see `maestro list roles`."},
    {"legacy-ports", "--legacy-ports", "MAESTRO_LEGACY_PORTS", "false", SettingKind::kBoolean, 0, 0,
     "Also open the listeners of the discovery, data and audit services for peers of the original."},
    {"discovery-port", "", "MAESTRO_DISCOVERY_PORT", "5000", SettingKind::kNumber, 0, 65535,
     "Port of the discovery listener."},
    {"data-port", "", "MAESTRO_DATA_PORT", "5010", SettingKind::kNumber, 0, 65535, "Port of the data listener."},
    {"audit-port", "", "MAESTRO_AUDIT_PORT", "10900", SettingKind::kNumber, 0, 65535, "Port of the audit listener."},
    {"scan-limit", "", "MAESTRO_SCAN_QTD", "200", SettingKind::kNumber, 1, 100000,
     "Documents of one page of the data listener, where the caller names no number."},
    {"data-credentials", "", "MAESTRO_DATA_CREDENTIALS", "false", SettingKind::kBoolean, 0, 0,
     "The data listener hands out the credentials of connections, for an original discovery service: any holder of the "
     "private token then reads them."},
    {"environment", "", "NODE_ENV", "development", SettingKind::kText, 0, 0,
     "`production` refuses default and short secrets."},
    {"log-level", "--log-level", "MAESTRO_LOG_LEVEL", "info", SettingKind::kText, 0, 0,
     "debug, info, warn, error or off."},
    {"secret-jwt", "", "MAESTRO_SECRETJWT", "", SettingKind::kSecret, 0, 0, "Signs sessions and connection envelopes."},
    {"secret-jwt-private", "", "MAESTRO_SECRETJWT_PRIVATE", "", SettingKind::kSecret, 0, 0,
     "Signs tokens between services."},
    {"secret-jwt-public", "", "MAESTRO_SECRETJWT_PUBLIC", "", SettingKind::kSecret, 0, 0,
     "Signs the tokens of public graphs."},
    {"discovery-uri", "", "MAESTRO_DISCOVERY_URI", "", SettingKind::kText, 0, 0,
     "Discovery service that runs elsewhere; empty = in this process."},
    {"report-uri", "", "MAESTRO_REPORT_URI", "", SettingKind::kText, 0, 0,
     "Report service that runs elsewhere. Without it reports are stored, not worked out."},
    {"analytics-uri", "", "MAESTRO_ANALYTICS_URI", "", SettingKind::kText, 0, 0,
     "Analytics service that runs elsewhere. Without it graphs are stored, not drawn."},
    {"audit-uri", "", "MAESTRO_AUDIT_URI", "", SettingKind::kText, 0, 0,
     "Audit service that answers for the history of documents; empty = this process does."},
    {"discovery-disabled", "", "MAESTRO_DISCOVERY_DISABLED", "false", SettingKind::kBoolean, 0, 0,
     "Answer that discovery was disabled."},
    {"report-disabled", "", "MAESTRO_REPORT_DISABLED", "false", SettingKind::kBoolean, 0, 0,
     "Answer that reports were disabled."},
    {"analytics-disabled", "", "MAESTRO_ANALYTICS_DISABLED", "false", SettingKind::kBoolean, 0, 0,
     "Answer that analytics were disabled."},
    {"audit-disabled", "", "MAESTRO_AUDIT_DISABLED", "false", SettingKind::kBoolean, 0, 0,
     "Answer that audit was disabled."},
    {"timeout", "", "MAESTRO_TIMEOUT", "10000", SettingKind::kNumber, 1, 600000,
     "Milliseconds for an answer of such a service; clients of the original take it for theirs too."},
    {"secret-forgot", "", "MAESTRO_SECRETJWT_FORGOT", "", SettingKind::kSecret, 0, 0,
     "Signs the tokens of recovery mails."},
    {"noauth", "", "MAESTRO_NOAUTH", "", SettingKind::kSecret, 0, 0, "Shared word inside tokens between services."},
    {"secret-encryption", "", "MAESTRO_SECRET_ENCRYPTION", "", SettingKind::kSecret, 0, 0,
     "Encrypts credentials at rest. Losing it loses them."},
    {"registration", "", "MAESTRO_REGISTRATION", "open", SettingKind::kText, 0, 0,
     "open: anybody may sign up; closed: administrators make accounts. The first account can always be made."},
    {"administrators", "", "MAESTRO_ADMINISTRATORS", "", SettingKind::kText, 0, 0,
     "Mail addresses whose accounts administer the instance, separated by commas; made so at start and at sign-up."},
    {"rate-limits", "", "MAESTRO_RATE_LIMITS", "on", SettingKind::kBoolean, 0, 0,
     "Off only in tests: no limit on failed logins and on sign-ups."},
    {"egress-allow", "--egress-allow", "MAESTRO_EGRESS_ALLOW", "", SettingKind::kText, 0, 0,
     "Loopback, link-local and other guarded targets that connections may reach: host, address or CIDR, each with "
     "optional :port."},
    {"packs", "--packs", "MAESTRO_PACKS", "", SettingKind::kText, 0, 0,
     "Folder whose files override or add to the built-in provider packs."},
    {"workers", "--workers", "MAESTRO_WORKERS", "4", SettingKind::kNumber, 1, 256,
     "Discovery jobs at once in this process."},
    {"http-threads", "", "MAESTRO_HTTP_THREADS", "4", SettingKind::kNumber, 1, 256, "Request handlers at once."},
    {"http-queue", "", "MAESTRO_HTTP_QUEUE", "256", SettingKind::kNumber, 1, 100000, "Waiting requests before 503."},
    {"max-body", "", "MAESTRO_MAX_BODY", "1048576", SettingKind::kNumber, 1024, 1 << 30,
     "Largest request body in bytes."},
    {"max-connections", "", "MAESTRO_MAX_CONNECTIONS", "10000", SettingKind::kNumber, 1, 1000000,
     "Open client connections."},
    {"header-timeout", "", "MAESTRO_HEADER_TIMEOUT", "10", SettingKind::kNumber, 1, 3600,
     "Seconds for a client to send its headers."},
    {"body-timeout", "", "MAESTRO_BODY_TIMEOUT", "30", SettingKind::kNumber, 1, 3600,
     "Seconds for a client to send its body."},
    {"trust-proxy", "", "MAESTRO_TRUST_PROXY", "false", SettingKind::kBoolean, 0, 0,
     "Take client addresses from X-Forwarded-For."},
    {"secure-cookie", "", "MAESTRO_SECURE_COOKIE", "false", SettingKind::kBoolean, 0, 0,
     "Mark the session cookie Secure; for installations behind TLS."},
    {"stop-grace", "", "MAESTRO_STOP_GRACE", "30", SettingKind::kNumber, 0, 600,
     "Seconds that running requests and jobs get at SIGTERM."},
    {"drop-count", "", "MAESTRO_DROP_COUNT", "20", SettingKind::kNumber, 0, 1000000000,
     "A scope that loses more resources than this and more than drop-percent at once waits for approval."},
    {"drop-percent", "", "MAESTRO_DROP_PERCENT", "30", SettingKind::kNumber, 0, 100, "See drop-count."},
    {"scope-attempts", "", "MAESTRO_SCOPE_ATTEMPTS", "5", SettingKind::kNumber, 1, 100,
     "Tries of a scope that was throttled or could not be reached."},
    {"scope-backoff", "", "MAESTRO_SCOPE_BACKOFF", "15000", SettingKind::kNumber, 1, 3600000,
     "Milliseconds before the second try of a scope; doubles."},
    {"lease", "", "MAESTRO_LEASE", "30", SettingKind::kNumber, 1, 3600,
     "Seconds after which the job of a dead worker is done again."},
    {"provider-rate", "", "MAESTRO_PROVIDER_RATE", "20", SettingKind::kNumber, 1, 100000,
     "Requests a second to one provider account and region."},
    {"provider-timeout", "", "MAESTRO_PROVIDER_TIMEOUT", "60", SettingKind::kNumber, 1, 3600,
     "Seconds for one provider answer."},
    {"api-url", "", "API_URL", "", SettingKind::kText, 0, 0,
     "Address of this server as clients see it, for uploads; empty = the host that a client asked for."},
    {"upload-type", "", "MAESTRO_UPLOAD_TYPE", "Local", SettingKind::kText, 0, 0,
     "Where uploads live: Local (a folder) or S3."},
    {"upload-root", "", "MAESTRO_TMP", "", SettingKind::kText, 0, 0, "Folder of local uploads; empty = DATA/files."},
    {"local-dir", "", "LOCAL_DIR", "/public/static", SettingKind::kText, 0, 0,
     "Folder of images below upload-root; everybody may read it at /static/."},
    {"private-local-dir", "", "PRIVATE_LOCAL_DIR", "/_private", SettingKind::kText, 0, 0,
     "Folder of JSON, CSV and text files below upload-root."},
    {"upload-max", "", "MAESTRO_UPLOAD_MAXSIZE", "16302400", SettingKind::kNumber, 1, 1 << 30,
     "Largest upload in bytes."},
    {"upload-min", "", "MAESTRO_UPLOAD_MINSIZE", "1", SettingKind::kNumber, 0, 1 << 30, "Smallest upload in bytes."},
    {"s3-bucket", "", "AWS_S3_BUCKET_NAME", "", SettingKind::kText, 0, 0, "Bucket of uploads."},
    {"s3-access", "", "AWS_ACCESS_KEY_ID", "", SettingKind::kText, 0, 0, "Access key for it."},
    {"s3-secret", "", "AWS_SECRET_ACCESS_KEY", "", SettingKind::kPassword, 0, 0, "Secret key for it."},
    {"s3-public-bucket", "", "AWS_S3_PUBLIC_BUCKET_NAME", "", SettingKind::kText, 0, 0,
     "Another bucket for images; empty = s3-bucket."},
    {"s3-public-access", "", "AWS_S3_PUBLIC_ACCESS_KEY_ID", "", SettingKind::kText, 0, 0,
     "Access key for it; empty = s3-access."},
    {"s3-public-secret", "", "AWS_S3_PUBLIC_SECRET_ACCESS_KEY", "", SettingKind::kPassword, 0, 0,
     "Secret key for it; empty = s3-secret."},
    {"s3-private-bucket", "", "AWS_S3_PRIVATE_BUCKET_NAME", "", SettingKind::kText, 0, 0,
     "Another bucket for private files; empty = s3-bucket."},
    {"s3-private-access", "", "AWS_S3_PRIVATE_ACCESS_KEY_ID", "", SettingKind::kText, 0, 0,
     "Access key for it; empty = s3-access."},
    {"s3-private-secret", "", "AWS_S3_PRIVATE_SECRET_ACCESS_KEY", "", SettingKind::kPassword, 0, 0,
     "Secret key for it; empty = s3-secret."},
    {"s3-region", "", "AWS_DEFAULT_REGION", "us-east-1", SettingKind::kText, 0, 0, "Region of the buckets."},
    {"s3-endpoint", "", "AWS_ENDPOINT", "", SettingKind::kText, 0, 0,
     "Address of an S3-compatible service, https://host:port; empty = Amazon's."},
    {"s3-public-acl", "", "MAESTRO_S3_PUBLIC_ACL", "public-read", SettingKind::kText, 0, 0,
     "Canned ACL of images; `none` for a bucket that allows no ACLs and is made public by its policy."},
    {"smtp-host", "", "SMTP_HOST", "", SettingKind::kText, 0, 0,
     "Mail server. Mail is off unless host, port and sender are all valid."},
    {"smtp-port", "", "SMTP_PORT", "", SettingKind::kText, 0, 0, "Its port."},
    {"smtp-sender", "", "SMTP_SENDER", "", SettingKind::kText, 0, 0, "Mail address that mails come from."},
    {"smtp-username", "", "SMTP_USERNAME", "", SettingKind::kText, 0, 0,
     "Login at the mail server; empty = none. With a login the server must offer TLS, unless smtp-ignore is set."},
    {"smtp-password", "", "SMTP_PASSWORD", "", SettingKind::kPassword, 0, 0, "Password of the login."},
    {"smtp-usetls", "", "SMTP_USETLS", "false", SettingKind::kBoolean, 0, 0,
     "TLS from the first byte (usually port 465)."},
    {"smtp-ignore", "", "SMTP_IGNORE", "false", SettingKind::kBoolean, 0, 0,
     "Never STARTTLS, even when the mail server offers it."},
    {"forgot-origins", "", "MAESTRO_FORGOT_ORIGINS", "", SettingKind::kText, 0, 0,
     "Origins (https://host:port, comma-separated) whose pages may take the token of a recovery mail, beside this "
     "server's own and API_URL's."},
};

constexpr VariableAlias kAliases[] = {
    {"MAESTRO_DISCOVERY_URL", "discovery-uri"},
    {"MAESTRO_REPORT_URL", "report-uri"},
    {"UPLOAD_TYPE", "upload-type"},
    {"SMTP_USETSL", "smtp-usetls"},
};

constexpr OldVariable kOldVariables[] = {
    {"MAESTRO_MONGO_URI", "Obsolete: documents live in MAESTRO_STORE."},
    {"MAESTRO_MONGO_DATABASE", "Obsolete: documents live in MAESTRO_STORE."},
    {"MAESTRO_MONGO_COLLECTION", "Obsolete: schedules live in MAESTRO_STORE."},
    {"MAESTRO_DATA_URI", "Obsolete: every process reads MAESTRO_STORE; see legacy-ports for peers of the original."},
    {"MAESTRO_SERVER_URI", "Obsolete: uploaded files are read where they are stored."},
    {"MAESTRO_WEBSOCKET_URI", "Obsolete: live news go out from this process."},
    {"MAESTRO_WEBSOCKET_SECRET", "Obsolete: live news go out from this process."},
    {"MAESTRO_ANALYTICS_FRONT_URI", "Obsolete: pictures are kept with their graphs."},
    {"MAESTRO_INSERT_QTD", "Obsolete: results are written in batches of their own size."},
    {"MAESTRO_REPORT_RESULT_QTD", "Not used yet: results of reports come with the report engine."},
    {"MAESTRO_TIMEOUT_DATA", "Obsolete: no code of the original read it."},
    {"MAESTRO_TIMEOUT_WEBHOOK", "Obsolete: no code of the original read it."},
    {"MAESTRO_LOOP_TIME", "Obsolete: due schedules are claimed every second."},
    {"MAESTRO_DB_SCAN_QTD", "Obsolete: pages have the size that the provider allows."},
    {"MAESTRO_SCAN_CDN_QTD", "Obsolete: pages have the size that the provider allows."},
    {"MAESTRO_OWNERIDS", "Not used yet: images of other owners are not read."},
    {"MAESTRO_OPENSTACK_DETAILS", "Obsolete: servers are read with their details."},
    {"TESTING", "Obsolete: a mark of the original's web framework."},
    {"CELERYD_TASK_SOFT_TIME_LIMIT", "Obsolete: see lease and scope-attempts."},
    {"PORT", "Ignored, as by the original: see MAESTRO_PORT."},
    {"CENTRIFUGO_ADMIN", "Obsolete: live news go out from this process."},
    {"CENTRIFUGO_ADMIN_PASS", "Obsolete: live news go out from this process."},
    {"CENTRIFUGO_ADMIN_SECRET", "Obsolete: live news go out from this process."},
    {"CENTRIFUGO_TLS", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"CENTRIFUGO_TLS_KEY", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"CENTRIFUGO_TLS_CERT", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"CENTRIFUGO_TLS_PORT", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"CENTRIFUGO_TLSAUTO", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"CENTRIFUGO_TLSAUTO_HTTP", "Obsolete: TLS ends at a proxy; see secure-cookie and trust-proxy."},
    {"STATIC_URL", "Obsolete: the web UI comes from this process."},
    {"ANALYTICS_URL", "Obsolete: pictures come from this process."},
    {"WEBSOCKET_URL", "Obsolete: the web UI finds this process by itself."},
    {"THEME", "Obsolete: the web UI is light or dark, as the browser wishes."},
    {"LOGO", "Obsolete: the web UI has its own."},
    {"MAESTRO_TRANSLATE_QTD", "Obsolete: pages are translated whole."},
    {"MAESTRO_COUNTDOWN_LAST",
     "Obsolete: resources are retired when their listing is proven complete, not after a delay."},
    {"MAESTRO_COUNTDOWN_WS", "Obsolete: progress is pushed as it happens."},
    {"MAESTRO_GWORKERS", "Obsolete: see workers and http-threads."},
    {"CELERY_BROKER_URL", "Obsolete: the queue is a table of the store."},
    {"CELERYD_TASK_TIME_LIMIT", "Obsolete: see lease and scope-attempts."},
    {"MAESTRO_SECRET_CRYPTO_FORGOT", "Obsolete: the tokens of recovery mails hold nothing that must be hidden."},
    {"SKIP_MIGRATION", "Obsolete: the schema is brought up to date at start."},
};

Result<void> check(const Setting& setting, const std::string& value, const std::string& origin) {
  const auto refuse = [&](const std::string& rule) {
    return invalid(fmt::format("Setting {} = \"{}\" ({}): {}", setting.name,
                               is_masked(setting.kind) ? "********" : value, origin, rule));
  };
  if (setting.kind == SettingKind::kNumber) {
    long long number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) return refuse("must be a whole number");
    if (number < setting.min || number > setting.max)
      return refuse(fmt::format("must be from {} to {}", setting.min, setting.max));
  }
  if (setting.kind == SettingKind::kBoolean) {
    for (const char* word : {"true", "false", "on", "off", "yes", "no", "1", "0", ""})
      if (text::iequals(value, word)) return {};
    return refuse("must be true or false");
  }
  return {};
}

Result<std::map<std::string, std::string>> read_file(const std::string& path, bool must_exist) {
  std::map<std::string, std::string> out;
  std::ifstream file(path);
  if (!file) {
    if (must_exist) return invalid("The settings file " + path + " cannot be read");
    return out;
  }
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto content = text::trim(line);
    if (content.empty() || content.front() == '#') continue;
    const auto equals = content.find('=');
    if (equals == std::string_view::npos) return invalid(fmt::format("{}:{}: expected name = value", path, number));
    const std::string name(text::trim(content.substr(0, equals)));
    const bool known = std::any_of(std::begin(kSettings), std::end(kSettings),
                                   [&](const Setting& setting) { return name == setting.name; });
    if (!known) return invalid(fmt::format("{}:{}: there is no setting \"{}\"", path, number, name));
    out[name] = text::trim(content.substr(equals + 1));
  }
  return out;
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }
std::span<const OldVariable> old_variables() { return kOldVariables; }
std::span<const VariableAlias> variable_aliases() { return kAliases; }

Result<Config> Config::load(const std::map<std::string, std::string>& flags, const Environment& environment,
                            const std::string& file) {
  Config config;
  const auto find_setting = [&](const Setting& setting, const std::map<std::string, std::string>& from_file) -> Value {
    if (const auto flag = flags.find(setting.name); flag != flags.end())
      return {flag->second, std::string("flag ") + setting.flag};
    if (const char* value = environment(setting.env); value != nullptr && *value != '\0')
      return {value, std::string("environment ") + setting.env};
    for (const VariableAlias& alias : kAliases) {
      if (std::string_view(alias.setting) != setting.name) continue;
      if (const char* value = environment(alias.name); value != nullptr && *value != '\0')
        return {value, std::string("environment ") + alias.name};
    }
    if (const auto entry = from_file.find(setting.name); entry != from_file.end()) return {entry->second, "file"};
    return {setting.fallback, "default"};
  };
  // The data folder decides which file is read, so it cannot stand in the file itself.
  const std::string data = find_setting(kSettings[0], {}).text;
  TRY_ASSIGN(const auto from_file, read_file(file.empty() ? data + "/maestro.conf" : file, !file.empty()));
  for (const Setting& setting : kSettings) {
    Value value = find_setting(setting, from_file);
    if (value.origin != "default") TRY(check(setting, value.text, value.origin));
    config.values_[setting.name] = std::move(value);
  }
  return config;
}

const std::string& Config::text(std::string_view name) const { return values_.find(name)->second.text; }
const std::string& Config::origin(std::string_view name) const { return values_.find(name)->second.origin; }

long long Config::number(std::string_view name) const { return std::stoll(text(name)); }

bool Config::boolean(std::string_view name) const {
  const std::string word = text::lower(text(name));
  return word == "true" || word == "on" || word == "yes" || word == "1";
}

void Config::set_generated(std::string_view name, std::string value) {
  values_[std::string(name)] = {.text = std::move(value), .origin = "generated"};
}

}  // namespace maestro::app
