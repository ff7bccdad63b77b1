#include "app/secrets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "json/json.h"

namespace maestro::app {
namespace {

constexpr std::size_t kShortest = 16;
constexpr const char* kDefaults[] = {"defaultSecretKey", "defaultSecretKeyPrivate", "defaultSecretNoAuthToken",
                                     "dsfsdfsd43", "wsSecretKey"};

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

Result<json::Object> read_secrets(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return json::Object();
  if ((info.st_mode & 077) != 0) return invalid(path + " can be read by others; run: chmod 600 " + path);
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  auto parsed = json::parse(content.str());
  if (!parsed.ok() || !parsed->is_object())
    return invalid(path + " is damaged; restore it from a backup: without it stored credentials cannot be read");
  return parsed->get_object();
}

/// Whole or not at all: a half-written file would lock the installation out of its own credentials.
Result<void> write_secrets(const std::string& path, const json::Object& secrets) {
  const std::string temporary = path + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return unavailable("The data folder cannot be written: " + std::string(std::strerror(errno)));
  const std::string content = json::write(secrets) + "\n";
  const bool written =
      write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && fsync(file) == 0;
  close(file);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0)
    return unavailable("The secrets cannot be written: " + std::string(std::strerror(errno)));
  return {};
}

}  // namespace

Result<std::string> find_secret(const Config& config, std::string_view name) {
  if (!config.text(name).empty()) return config.text(name);
  TRY_ASSIGN(const json::Object kept, read_secrets(config.text("data") + "/secrets.json"));
  return std::string(json::text_or(kept, name));
}

Result<void> make_data_folder(const Config& config) {
  const std::string& data = config.text("data");
  std::error_code error;
  if (std::filesystem::exists(data, error)) return {};
  std::filesystem::create_directories(data, error);
  if (error) return unavailable("The data folder " + data + " cannot be made: " + error.message());
  std::filesystem::permissions(data, std::filesystem::perms::owner_all, error);
  return {};
}

Result<void> load_secrets(Config& config) {
  TRY(make_data_folder(config));
  const std::string data = config.text("data");
  const std::string path = data + "/secrets.json";
  TRY_ASSIGN(json::Object kept, read_secrets(path));
  bool changed = false;
  for (const Setting& setting : settings()) {
    if (setting.kind != SettingKind::kSecret || !config.text(setting.name).empty()) continue;
    if (!kept.contains(setting.name)) {
      kept[setting.name] = text::to_base64url(crypto::random_bytes(32));
      changed = true;
    }
    config.set_generated(setting.name, std::string(json::text_or(kept, setting.name)));
  }
  if (changed) TRY(write_secrets(path, kept));
  return {};
}

Result<void> check_secrets(const Config& config) {
  const bool production = config.text("environment") == "production" || !is_loopback(config.text("host"));
  for (const Setting& setting : settings()) {
    if (setting.kind != SettingKind::kSecret) continue;
    const std::string& value = config.text(setting.name);
    const bool is_default =
        std::any_of(std::begin(kDefaults), std::end(kDefaults), [&](const char* word) { return value == word; });
    if (!is_default && value.size() >= kShortest) continue;
    const std::string problem =
        fmt::format("{} is {}", setting.env, is_default ? "a published default" : "shorter than 16 characters");
    if (production)
      return invalid(
          problem + ": set it to a random text, or leave it unset to have one generated. It is refused in production.");
    log::warn(problem + "; this is refused in production");
  }
  return {};
}

}  // namespace maestro::app
