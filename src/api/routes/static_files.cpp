// /static/...: the public uploads.
#include "api/errors.h"
#include "api/routes/tables.h"
#include "api/services.h"
#include "base/log.h"
#include "base/text.h"
#include "files/names.h"
#include "http/byte_range.h"

namespace maestro::api {
namespace {

using files::FileInfo;

/// Larger answers are read piece by piece while they are sent.
constexpr std::uint64_t kPiece = 256U << 10;

constexpr std::string_view kPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Maestro</title><p>Uploaded images.";

/// A file on its way to a client.
class FileSource final : public http::BodySource {
 public:
  FileSource(std::unique_ptr<files::File> file, std::uint64_t first, std::uint64_t length)
      : file_(std::move(file)), at_(first), end_(first + length) {}
  std::optional<std::string> next() override {
    if (at_ == end_ || failed_) return std::nullopt;
    auto piece = file_->read(at_, static_cast<std::size_t>(std::min(kPiece, end_ - at_)));
    if (!piece.ok()) {
      log::warn("a file could not be sent whole", {{"error", piece.error().message}});
      failed_ = true;
      return std::nullopt;
    }
    at_ += piece->size();
    return std::move(*piece);
  }
  bool failed() const override { return failed_; }

 private:
  std::unique_ptr<files::File> file_;
  std::uint64_t at_, end_;
  bool failed_ = false;
};

/// Images as what they are; anything else that an administrator put there is a download and never a page.
void set_type(Answer& answer, std::string_view name) {
  const auto dot = name.rfind('.');
  const files::Type* type =
      dot == std::string_view::npos ? nullptr : files::find_extension(text::lower(name.substr(dot + 1)));
  if (type != nullptr && type->where == files::Class::kPublic) {
    answer.content_type = type->mime;
  } else {
    answer.content_type = "application/octet-stream";
    answer.headers.set("Content-Disposition", "attachment");
  }
  answer.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
}

std::string_view header(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool names_tag(std::string_view list, const std::string& tag) {
  for (auto part : text::split(list, ',')) {
    part = text::trim(part);
    if (part.starts_with("W/")) part.remove_prefix(2);
    if (part == "*" || part == tag) return true;
  }
  return false;
}

bool is_unchanged(const http::Request& request, const FileInfo& info, const std::string& tag) {
  if (const auto known = header(request, "If-None-Match"); !known.empty()) return names_tag(known, tag);
  const auto since = parse_http_date(header(request, "If-Modified-Since"));
  return since && info.modified <= *since;
}

/// A range counts only for the state of the file that its client has the other part of.
bool range_counts(const http::Request& request, const FileInfo& info, const std::string& tag) {
  const auto state = text::trim(header(request, "If-Range"));
  return state.empty() || state == tag || parse_http_date(state) == info.modified;
}

Result<Answer> serve(Call& call) {
  const http::Request& request = call.request;
  const std::string name = text::join(call.params, "/");
  if (name.empty() || name == "index.html") {
    Answer page{.content_type = "text/html; charset=utf-8", .static_body = kPage};
    page.headers.set("Cache-Control", "public, max-age=0");
    page.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
    return page;
  }
  files::FileStore* const store = call.services.uploads.store;
  if (store == nullptr || request.path.ends_with('/')) return no_route();
  // A bucket may be the private one as well, and hold what is no business of ours: only what uploads make is shown.
  if (!call.services.uploads.storage_origin.empty() && !is_uploaded_image(name)) return no_route();
  auto opened = store->open(call.context, files::Class::kPublic, name);
  if (!opened.ok()) {
    if (opened.error().code == Code::kNotFound) return no_route();
    return std::move(opened).error();
  }
  const FileInfo info = (*opened)->info();
  const std::string tag = "\"" + info.tag + "\"";

  Answer answer{.etag = false};
  set_type(answer, name);
  answer.headers.set("Accept-Ranges", "bytes");
  answer.headers.set("Cache-Control", "public, max-age=0");
  answer.headers.set("ETag", tag);
  answer.headers.set("Last-Modified", to_http_date(info.modified));
  if (is_unchanged(request, info, tag)) {
    answer.status = 304;
    return answer;
  }
  http::ByteRange range;
  if (request.method == http::Method::kGet && range_counts(request, info, tag))
    range = http::parse_byte_range(header(request, "Range"), info.size);
  std::uint64_t first = 0, length = info.size;
  if (range.kind == http::ByteRange::Kind::kUnsatisfiable) {
    answer.status = 416;
    answer.headers.set("Content-Range", fmt::format("bytes */{}", info.size));
    length = 0;
  } else if (range.kind == http::ByteRange::Kind::kPart) {
    answer.status = 206;
    first = range.first;
    length = range.length;
    answer.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", first, first + length - 1, info.size));
  }
  if (request.method == http::Method::kHead) {
    answer.headers.set("Content-Length", std::to_string(length));
  } else if (length <= kPiece) {
    TRY_ASSIGN(answer.body, (*opened)->read(first, static_cast<std::size_t>(length)));
  } else {
    answer.source = std::make_unique<FileSource>(std::move(*opened), first, length);
  }
  return answer;
}

}  // namespace

std::vector<Route> static_routes() {
  std::vector<Route> routes;
  // As deep as a name of a file may be.
  std::string pattern = "/static";
  for (const char* level : {"", "/:a", "/:b", "/:c", "/:d", "/:e", "/:f", "/:g", "/:h"}) {
    pattern += level;
    routes.push_back({.method = http::Method::kGet,
                      .pattern = pattern,
                      .auth = Auth::kPublic,
                      .handler = serve,
                      .doc = "An uploaded image.",
                      .pool = Pool::kBulk,
                      .tag = "files"});
  }
  return routes;
}

}  // namespace maestro::api
