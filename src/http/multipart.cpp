#include "http/multipart.h"

#include "base/text.h"

namespace maestro::http {

namespace {

constexpr std::size_t kMaxParts = 100;
constexpr std::size_t kMaxPartHeader = 8 << 10;

/// Takes `name=value` parameters of a header one by one; quoted values may escape with a backslash.
class Parameters {
 public:
  explicit Parameters(std::string_view text) : rest_(text) {}

  /// The text before the first ';'.
  std::string_view value() {
    const auto end = std::min(rest_.find(';'), rest_.size());
    const auto value = text::trim(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return value;
  }

  bool next(std::string& name, std::string& value) {
    const auto start = rest_.find_first_not_of("; \t");
    if (start == std::string_view::npos) return false;
    rest_.remove_prefix(start);
    const auto mark = rest_.find_first_of("=;");
    name = text::lower(text::trim(rest_.substr(0, mark)));
    value.clear();
    if (mark == std::string_view::npos) {
      rest_ = {};
      return true;
    }
    const bool has_value = rest_[mark] == '=';
    rest_.remove_prefix(mark + (has_value ? 1 : 0));
    if (!has_value) return true;
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    if (!rest_.starts_with('"')) {
      const auto end = std::min(rest_.find(';'), rest_.size());
      value = text::trim(rest_.substr(0, end));
      rest_.remove_prefix(end);
      return true;
    }
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      // Only these two are escapes: old browsers send C:\path\file unescaped.
      if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) ++i;
      value.push_back(rest_[i]);
    }
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
    return true;
  }

 private:
  std::string_view rest_;
};

/// The last path component: a client's folders are none of our business, and ".." in a name only invites mistakes.
std::string base_name(const std::string& path) {
  const auto slash = path.find_last_of("/\\");
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return name == "." || name == ".." ? std::string() : name;
}

/// UTF-8''percent-encoded (RFC 5987)
std::string extended_value(const std::string& text) {
  const auto first = text.find('\'');
  const auto second = first == std::string::npos ? first : text.find('\'', first + 1);
  if (second == std::string::npos) return {};
  std::string decoded = text::percent_decode(std::string_view(text).substr(second + 1));
  return text::is_utf8(decoded) ? decoded : std::string();
}

/// False for a part that is no field of a form.
bool read_disposition(std::string_view header, Part& part) {
  Parameters parameters(header);
  if (!text::iequals(parameters.value(), "form-data")) return false;
  bool named = false;
  std::string name;
  std::string value;
  std::string extended;
  while (parameters.next(name, value)) {
    if (name == "name" && !named) {
      named = true;
      part.name = value;
    } else if (name == "filename" && part.filename.empty()) {
      part.filename = base_name(value);
    } else if (name == "filename*") {
      extended = base_name(extended_value(value));
    }
  }
  if (!extended.empty()) part.filename = extended;
  return named;
}

Result<Part> read_headers(std::string_view headers) {
  Part part;
  bool found = false;
  while (!headers.empty()) {
    const auto end = std::min(headers.find("\r\n"), headers.size());
    const auto line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 2, headers.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return invalid("A part of the form has a malformed header");
    const auto name = text::trim(line.substr(0, colon));
    const auto value = text::trim(line.substr(colon + 1));
    if (text::iequals(name, "Content-Disposition")) {
      found = read_disposition(value, part);
    } else if (text::iequals(name, "Content-Type")) {
      part.content_type = value;
    }
  }
  if (!found) return invalid("A part of the form has no name");
  return part;
}

Result<std::string> boundary_of(std::string_view content_type) {
  Parameters parameters(content_type);
  if (!text::iequals(parameters.value(), "multipart/form-data")) return invalid("The body is no multipart form");
  std::string name;
  std::string value;
  while (parameters.next(name, value)) {
    if (name == "boundary" && !value.empty() && value.size() <= 70) return value;
  }
  return invalid("The multipart form states no boundary");
}

}  // namespace

Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  TRY_ASSIGN(const std::string boundary, boundary_of(content_type));
  const std::string opening = "--" + boundary;
  const std::string delimiter = "\r\n" + opening;

  // Anything may precede the first delimiter, which stands at the start or after a line break.
  if (body.starts_with(opening)) {
    body.remove_prefix(opening.size());
  } else {
    const auto at = body.find(delimiter);
    if (at == std::string_view::npos) return invalid("The multipart form has no part");
    body.remove_prefix(at + delimiter.size());
  }

  std::vector<Part> parts;
  for (;;) {
    if (body.starts_with("--")) return parts;
    body.remove_prefix(std::min(body.find_first_not_of(" \t"), body.size()));
    if (!body.starts_with("\r\n")) return invalid("The multipart form is malformed");
    if (parts.size() == kMaxParts) return invalid("The multipart form has too many parts");
    // Headers may be absent: then the blank line follows the delimiter at once.
    const auto end = body.find("\r\n\r\n");
    if (end == std::string_view::npos || end > kMaxPartHeader)
      return invalid("A part of the form has malformed headers");
    const auto headers = end == 0 ? std::string_view() : body.substr(2, end - 2);
    TRY_ASSIGN(Part part, read_headers(headers));
    body.remove_prefix(end + 4);
    // An empty part's delimiter may begin with the blank line's own break.
    if (body.starts_with(opening)) {
      part.data = body.substr(0, 0);
      body.remove_prefix(opening.size());
    } else {
      const auto stop = body.find(delimiter);
      if (stop == std::string_view::npos) return invalid("The multipart form ends early");
      part.data = body.substr(0, stop);
      body.remove_prefix(stop + delimiter.size());
    }
    parts.push_back(std::move(part));
  }
}

}  // namespace maestro::http
