// What handlers ask of a call: parameters, filters, tokens, pages.
#include <fmt/format.h>

#include <charconv>

#include "base/crypto.h"
#include "base/text.h"
#include "cloudsim/aws_service.h"
#include "cloudsim/xml.h"

namespace maestro::cloudsim::aws {

namespace {

/// Matches * and ? without recursion.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// What makes two requests the same query, whatever their page.
std::string query_text(const Call& call) {
  std::string out = call.action + "\n" + call.region;
  for (const auto& [name, value] : call.params) {
    if (name != "NextToken" && name != "MaxResults") out += "\n" + name + "=" + value;
  }
  return out;
}

std::string seal_of(const Call& call, std::uint64_t position) {
  const std::string key = fmt::format("cloudsim {}", call.world.options.seed);
  return crypto::hmac_sha256(key, fmt::format("{}\n{}", query_text(call), position)).substr(0, 24);
}

}  // namespace

Error fail(std::string wire, std::string message, Code kind) {
  return {.code = kind, .message = std::move(message), .details_json = {}, .wire_name = std::move(wire)};
}

std::string Call::param(const std::string& name) const {
  const auto found = params.find(name);
  return found == params.end() ? std::string() : found->second;
}

std::vector<std::string> Call::list(const std::string& name) const {
  std::vector<std::string> out;
  for (unsigned i = 1;; ++i) {
    const auto found = params.find(fmt::format("{}.{}", name, i));
    if (found == params.end()) return out;
    out.push_back(found->second);
  }
}

Result<std::size_t> Call::max_results(std::size_t least, std::size_t most) const {
  const std::string text = param("MaxResults");
  if (text.empty()) return std::size_t{0};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail("InvalidParameterValue", fmt::format("Invalid value '{}' for maxResults. Expecting an integer.", text));
  }
  if (number < static_cast<std::int64_t>(least)) {
    return fail("InvalidParameterValue",
                fmt::format("Value ( {} ) for parameter maxResults is invalid. Expecting a value greater than {}.",
                            number, least));
  }
  if (number > static_cast<std::int64_t>(most)) {
    return fail(
        "InvalidParameterValue",
        fmt::format("Value ( {} ) for parameter maxResults is invalid. Expecting a value less than or equal to {}.",
                    number, most));
  }
  return static_cast<std::size_t>(number);
}

std::string Call::token(std::uint64_t position) const {
  std::string bytes = seal_of(*this, position);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(position >> shift & 255);
  return text::to_base64(bytes);
}

Result<std::optional<std::uint64_t>> Call::position() const {
  const std::string given = param("NextToken");
  if (given.empty()) return std::optional<std::uint64_t>();
  const auto bytes = text::from_base64(given);
  if (bytes && bytes->size() == 32) {
    std::uint64_t position = 0;
    for (const char c : bytes->substr(24)) position = position << 8 | static_cast<unsigned char>(c);
    if (crypto::equal(seal_of(*this, position), std::string_view(*bytes).substr(0, 24))) return std::optional(position);
  }
  return fail("InvalidNextToken", "The specified NextToken is not valid.");
}

PagePlan Call::next_page(std::size_t total, std::size_t begin, std::size_t limit) {
  const PagePlan plan = plan_page(total, begin, limit);
  fault_asked = true;
  fault = world.faults.take(Cloud::kAws, action, region, plan.place());
  return plan;
}

void Call::append_next(std::string& out, const PagePlan& plan, std::uint64_t position) const {
  if (fault && fault->kind == FaultKind::kRepeatToken && !param("NextToken").empty()) {
    Xml(out).leaf("nextToken", param("NextToken"));
  } else if (plan.more()) {
    Xml(out).leaf("nextToken", token(position));
  }
}

bool Filter::accepts(std::string_view text) const {
  for (const std::string& value : values) {
    if (value == text) return true;
    if (value.find_first_of("*?") != std::string::npos && matches(value, text)) return true;
  }
  return false;
}

std::vector<Filter> read_filters(const Call& call) {
  std::vector<Filter> out;
  for (unsigned i = 1;; ++i) {
    const std::string name = call.param(fmt::format("Filter.{}.Name", i));
    if (name.empty()) return out;
    out.push_back({.name = name, .values = call.list(fmt::format("Filter.{}.Value", i))});
  }
}

Error unknown_filter(const Filter& filter) {
  return fail("InvalidParameterValue", fmt::format("The filter '{}' is invalid", filter.name));
}

bool is_enabled(const World& world, std::string_view region) {
  return region == "us-east-1" || world.aws.find(region) != nullptr;
}

}  // namespace maestro::cloudsim::aws
