#include "api/preconditions.h"

#include <charconv>

#include "api/services.h"
#include "base/text.h"

namespace maestro::api {

std::string entity_tag(const Call& call, const store::Document& document) {
  return fmt::format("\"{}.{}\"", document.rev, call.services.version);
}

Answer tagged(const Call& call, Answer answer, const store::Document& document) {
  answer.headers.set("ETag", entity_tag(call, document));
  return answer;
}

inventory::Expected expected(const Call& call) {
  inventory::Expected out;
  for (const auto& [name, value] : call.request.headers.fields()) {
    if (!text::iequals(name, "If-Match")) continue;
    if (!out.revisions) out.revisions.emplace();
    for (const auto part : text::split(value, ',')) {
      std::string_view tag = text::trim(part);
      if (tag == "*") return {};
      if (tag.size() < 2 || !tag.starts_with('"') || !tag.ends_with('"')) continue;
      tag = tag.substr(1, tag.size() - 2);
      std::int64_t rev = 0;
      const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), rev);
      // A tag of an earlier release still names the same state of the document.
      if (error == std::errc() && end != tag.data() + tag.size() && *end == '.') out.revisions->push_back(rev);
    }
  }
  return out;
}

}  // namespace maestro::api
