#include "api/uploads.h"

#include "api/call.h"
#include "auth/token.h"
#include "base/text.h"
#include "http/query.h"

namespace maestro::api {
namespace {

constexpr std::int64_t kFormSeconds = 120;
/// Boundaries and part headers of a multipart body around the file.
constexpr std::size_t kMultipartRoom = 64U << 10;

}  // namespace

std::string_view upload_folder(std::string_view word) {
  for (const std::string_view folder : {"users", "teams", "projects"})
    if (word == folder) return folder;
  return {};
}

std::string upload_name(std::string_view folder, const ObjectId& user, std::string_view filename,
                        const files::Type& type) {
  return fmt::format("{}/{}/{}.{}", folder, user.hex(), files::kebab_stem(filename), type.extension);
}

bool is_uploaded_image(std::string_view name) {
  const auto parts = text::split(name, '/');
  if (parts.size() != 3 || upload_folder(parts[0]).empty() || !ObjectId::parse(parts[1])) return false;
  const auto dot = parts[2].rfind('.');
  const files::Type* type = dot == std::string_view::npos ? nullptr : files::find_extension(parts[2].substr(dot + 1));
  return type != nullptr && type->where == files::Class::kPublic;
}

std::string make_upload_token(const Uploads& uploads, const ObjectId& user, std::string_view name, Time now) {
  return auth::sign_token(
      uploads.secret,
      {{"use", "upload"}, {"sub", user.hex()}, {"name", name}, {"exp", to_ms(now) / 1000 + kFormSeconds}});
}

std::optional<UploadGrant> open_upload_token(const Uploads& uploads, std::string_view token, Time now) {
  const auto claims = auth::open_token(uploads.secret, token, now);
  if (!claims.ok() || json::text_or(*claims, "use") != "upload" || !claims->contains("exp")) return std::nullopt;
  const auto user = ObjectId::parse(json::text_or(*claims, "sub"));
  if (!user) return std::nullopt;
  return UploadGrant{.user = *user, .name = std::string(json::text_or(*claims, "name"))};
}

std::optional<std::size_t> upload_body_limit(const Uploads& uploads, const Route& route, const http::Request& request,
                                             Time now) {
  if (!route.takes_file) return std::nullopt;
  const json::Object query = http::parse_nested(request.query);
  if (!open_upload_token(uploads, json::text_or(query, "token"), now)) return std::nullopt;
  return uploads.max_size + kMultipartRoom;
}

}  // namespace maestro::api
