// Uploads: where a client may send a file, taking it when that is here, and handing private ones to peers.
#include "api/uploads.h"

#include "api/routes/tables.h"
#include "api/services.h"
#include "api/violations.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/multipart.h"
#include "http/query.h"
#include "model/validate.h"

namespace maestro::api {
namespace {

using json::Object;

Error wrong_type() { return invalid("We only acceptable jpg, png, json and csv"); }

Result<files::FileStore*> store_of(const Uploads& uploads) {
  if (uploads.store != nullptr) return uploads.store;
  return model::violation(uploads.missing, "is required", "any.required");
}

/// "users" of "/users/upload".
std::string_view folder_of(const Route& route) {
  const std::string_view pattern = route.pattern;
  return upload_folder(pattern.substr(1, pattern.find('/', 1) - 1));
}

Result<Answer> sign(Call& call) {
  const Uploads& uploads = call.services.uploads;
  TRY_ASSIGN(files::FileStore* const store, store_of(uploads));
  const files::Type* type = files::find_type(json::text_or(call.query, "filetype"));
  if (type == nullptr) return wrong_type();
  const std::string_view filename = json::text_or(call.query, "filename");
  if (filename.empty()) return model::violation("filename", "is required", "any.required");
  const std::string_view folder = folder_of(*call.route);
  const std::string name = upload_name(folder, call.context.actor.user, filename, *type);
  const Time now = call.services.clock.now();
  TRY_ASSIGN(const auto direct, store->direct_upload(type->where, name, type->mime, now));
  Object body;
  if (direct) {
    body = {{"signedRequest", direct->url},
            {"url", direct->object_url},
            {"filename", name},
            {"headers", Object{{"Content-type", type->mime}}}};
  } else {
    const std::string base = uploads.base_url.empty() ? "//" + call.request.local_host : uploads.base_url;
    Object headers{{"Content-type", "application/octet-stream"}};
    // Clients of the original send exactly these headers with the file.
    if (const std::string* mine = call.request.headers.find("Authorization")) headers["Authorization"] = *mine;
    body = {{"signedRequest", fmt::format("{}/users/upload?ext={}&folder={}&name={}&token={}", base, type->extension,
                                          folder, text::percent_encode(filename),
                                          make_upload_token(uploads, call.context.actor.user, name, now))},
            {"filename", name},
            {"headers", std::move(headers)}};
  }
  Answer answer = json_answer(200, body);
  answer.headers.set("Cache-Control", "no-store");
  answer.etag = false;
  return answer;
}

/// The file of a request: the body as it is, or the part `file` of a form.
Result<std::string_view> file_of(const http::Request& request) {
  const std::string* type = request.headers.find("Content-Type");
  if (type == nullptr || !text::iequals(text::trim(text::split(*type, ';')[0]), "multipart/form-data"))
    return std::string_view(request.body);
  TRY_ASSIGN(const auto parts, http::parse_multipart(*type, request.body));
  for (const auto& part : parts)
    if (part.name == "file") return part.data;
  return model::violation("file", "is required", "any.required");
}

Result<Answer> put(Call& call) {
  const Uploads& uploads = call.services.uploads;
  TRY_ASSIGN(files::FileStore* const store, store_of(uploads));
  const files::Type* type = files::find_extension(json::text_or(call.query, "ext"));
  if (type == nullptr) return wrong_type();
  const std::string_view folder = upload_folder(json::text_or(call.query, "folder"));
  if (folder.empty()) return model::violation("folder", "must be one of [users, teams, projects]", "any.allowOnly");
  const std::string name = upload_name(folder, call.context.actor.user, json::text_or(call.query, "name"), *type);
  const auto grant = open_upload_token(uploads, json::text_or(call.query, "token"), call.services.clock.now());
  if (!grant || grant->user != call.context.actor.user || grant->name != name) return forbidden("Invalid token");

  TRY_ASSIGN(const std::string_view bytes, file_of(call.request));
  if (bytes.size() < uploads.min_size) {
    return model::violation("file", fmt::format("size must be at least {} bytes", uploads.min_size), "binary.min");
  }
  if (bytes.size() > uploads.max_size) {
    return model::violation("file", fmt::format("size must be less than or equal to {} bytes", uploads.max_size),
                            "binary.max");
  }
  if (!files::looks_like(*type, bytes))
    return model::violation("file", fmt::format("must be a {} file", type->extension), "any.invalid");
  TRY(store->put(call.context, type->where, name, type->mime, bytes));
  return Answer{.status = 200, .etag = false};
}

Result<Answer> read(Call& call) {
  const Uploads& uploads = call.services.uploads;
  TRY_ASSIGN(files::FileStore* const store, store_of(uploads));
  std::string_view name = json::text_or(call.query, "filename");
  if (name.empty()) return model::violation("filename", "is required", "any.required");
  while (name.starts_with('/')) name.remove_prefix(1);
  while (name.ends_with('/')) name.remove_suffix(1);
  TRY_ASSIGN(const std::string bytes,
             files::read_all(*store, call.context, files::Class::kPrivate, name, uploads.max_size));
  Answer answer{.status = 200, .etag = false};
  if (name.ends_with(".json")) {
    auto document = json::parse(bytes, {.max_bytes = uploads.max_size, .max_depth = 64});
    if (!document.ok()) return invalid("The file holds no JSON");
    answer.body = json::write(*document);
  } else {
    // As when the original reads a file.
    answer.body = json::write(json::Value(text::to_utf8(bytes)));
  }
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

}  // namespace

std::vector<Route> upload_routes() {
  using enum http::Method;
  std::vector<Route> routes;
  for (const char* entity : {"users", "teams", "projects"}) {
    const std::string pattern = fmt::format("/{}/upload", entity);
    routes.push_back({.method = kGet,
                      .pattern = pattern,
                      .handler = sign,
                      .doc = "Where to send a file (`filetype`, `filename`), for a short time.",
                      .tag = entity});
    routes.push_back({.method = kPut,
                      .pattern = pattern,
                      .handler = put,
                      .doc =
                          "Takes the file that such an address was made for, as raw bytes or as the part `file` of a "
                          "form.",
                      .pool = Pool::kBulk,
                      .success = 200,
                      .takes_file = true,
                      .tag = entity});
    routes.push_back({.method = kGet,
                      .pattern = pattern + "/file",
                      .auth = Auth::kPeer,
                      .handler = read,
                      .doc = "An uploaded JSON, CSV or text file (`filename`), for the other services.",
                      .pool = Pool::kBulk,
                      .tag = entity});
  }
  return routes;
}

}  // namespace maestro::api
