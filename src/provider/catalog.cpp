// The catalog of providers: one line a provider.
#include <fmt/format.h>

#include "base/text.h"
#include "provider/aws/aws_provider.h"
#include "provider/openstack/openstack_provider.h"

namespace maestro::provider {

namespace {

std::string without_spaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ') out += c;
  return out;
}

}  // namespace

std::span<const Provider> providers() {
  static const std::vector<Provider> all = {aws::declare(), openstack::declare()};
  return all;
}

const Provider* find_provider(std::string_view word) {
  const std::string plain = without_spaces(word);
  for (const Provider& provider : providers())
    if (text::iequals(plain, provider.id) || text::iequals(plain, without_spaces(provider.label))) return &provider;
  return nullptr;
}

const Method* find_method(const Provider& provider, std::string_view service) {
  const std::string_view word = text::trim(service);
  for (const Method& method : provider.methods)
    if (text::iequals(word, method.id)) return &method;
  for (const Method& method : provider.methods)
    for (const std::string& alias : method.aliases)
      if (text::iequals(word, alias)) return &method;
  return nullptr;
}

}  // namespace maestro::provider
