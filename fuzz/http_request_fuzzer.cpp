// Any bytes on a connection. The first byte chooses how they are cut; cut or whole, the same requests must come out,
// or two readers of one stream could see different ones.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.h"

namespace {

using maestro::http::ParserLimits;
using maestro::http::RequestParser;

struct Seen {
  std::vector<std::string> requests;
  bool refused = false;
};

Seen read(std::string_view input, std::size_t step_size) {
  ParserLimits limits;
  limits.max_header = 4096;
  limits.max_body = 4096;
  RequestParser parser(limits);
  Seen seen;
  std::string pending;
  while (!input.empty()) {
    pending.append(input.substr(0, step_size));
    input.remove_prefix(std::min(step_size, input.size()));
    for (;;) {
      std::size_t used = 0;
      const auto step = parser.feed(pending, used);
      if (used > pending.size()) std::abort();
      pending.erase(0, used);
      const auto& request = parser.request();
      if (request.body.size() > limits.max_body) std::abort();
      if (step == RequestParser::Step::kError) {
        if (parser.status() < 400 || parser.reason().empty()) std::abort();
        seen.refused = true;
        return seen;
      }
      if (step == RequestParser::Step::kNeedMore) {
        // What a connection keeps is bounded by the limits, whoever is at the other end.
        if (pending.size() > limits.max_header + step_size) std::abort();
        break;
      }
      if (request.path.empty() || (request.path.front() != '/' && request.path != "*")) std::abort();
      std::string text = request.method_text + ' ' + request.target + '\n';
      for (const auto& [name, value] : request.headers.fields()) {
        if (value.find_first_of("\r\n") != std::string::npos) std::abort();
        text += name + ':' + value + '\n';
      }
      seen.requests.push_back(text + '\n' + request.body + (parser.keep_alive() ? "+" : "-"));
      parser.reset();
      if (pending.empty()) break;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 16'384) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = read(input, input.size() + 1);
  const Seen cut = read(input, 1 + data[0] % 64);
  // A refusal may come earlier or later, but nobody may be served a request that the other reading does not have.
  const std::size_t common = std::min(whole.requests.size(), cut.requests.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (whole.requests[i] != cut.requests[i]) std::abort();
  }
  if (whole.requests.size() != cut.requests.size() &&
      !(whole.requests.size() < cut.requests.size() ? whole : cut).refused) {
    std::abort();
  }
  return 0;
}
