#include "cloudsim/options.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <type_traits>

#include "base/text.h"

namespace maestro::cloudsim {

namespace {

template <typename Number>
bool read(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read(std::string_view text, std::string& out) {
  out = text;
  return !text.empty();
}

bool read(std::string_view text, std::vector<std::string>& out) {
  out.clear();
  for (const std::string_view part : text::split(text, ',')) {
    if (!text::trim(part).empty()) out.emplace_back(text::trim(part));
  }
  return true;
}

std::string show(const std::string& value) { return value; }
std::string show(const std::vector<std::string>& value) { return text::join(value, ","); }
template <typename Number>
requires std::is_integral_v<Number> std::string show(Number value) { return fmt::format("{}", value); }

struct Row {
  const char* name;
  const char* value;
  const char* help;
  std::function<bool(Options&, std::string_view)> set;
  std::string fallback;
};

template <typename Member>
Row row(const char* name, const char* value, Member Options::*member, const char* help) {
  return {name, value, help, [member](Options& options, std::string_view text) { return read(text, options.*member); },
          show(Options().*member)};
}

std::vector<Row> rows() {
  return {
      row("--host", "ADDRESS", &Options::host, "address of the three listeners"),
      row("--aws-port", "N", &Options::aws_port, "port of the AWS listener, 0 = any free one"),
      row("--openstack-port", "N", &Options::openstack_port, "port of the OpenStack listener"),
      row("--control-port", "N", &Options::control_port, "port of the control API"),
      row("--seed", "S", &Options::seed, "the same seed gives the same estate"),
      row("--servers", "N", &Options::servers, "EC2 instances over all regions"),
      row("--regions", "LIST", &Options::regions, "AWS regions, by commas"),
      row("--openstack-servers", "N", &Options::openstack_servers, "Nova servers over all regions and projects"),
      row("--os-regions", "LIST", &Options::os_regions, "OpenStack regions, by commas"),
      row("--account", "DIGITS", &Options::account, "AWS account id"),
      row("--access", "KEY", &Options::access, "AWS access key id"),
      row("--secret", "SECRET", &Options::secret, "AWS secret access key"),
      row("--os-user", "NAME", &Options::os_user, "user of the domain Default with the role admin"),
      row("--os-password", "WORD", &Options::os_password, "its password, also of the user \"reader\""),
      row("--os-project", "NAME", &Options::os_project, "project of the domain Default"),
      row("--os-other-projects", "LIST", &Options::os_other_projects, "further projects that share the servers"),
      row("--os-application", "NAME", &Options::os_application, "name of the user's application credential"),
      row("--os-application-secret", "WORD", &Options::os_application_secret, "its secret; GET /state tells its id"),
      row("--token-ttl", "SECONDS", &Options::token_ttl_s, "life of a Keystone token"),
      row("--clock-skew", "SECONDS", &Options::clock_skew_s, "the clouds' clock minus this machine's"),
      row("--threads", "N", &Options::threads, "workers of each cloud; a held answer keeps one"),
  };
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  const std::vector<Row> known = rows();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
      return options;
    }
    std::string value;
    const auto equals = name.find('=');
    const bool joined = equals != std::string::npos;
    if (joined) {
      value = name.substr(equals + 1);
      name.erase(equals);
    }
    const auto match = std::find_if(known.begin(), known.end(), [&](const Row& one) { return name == one.name; });
    if (match == known.end()) return invalid(fmt::format("unknown option {} (see --help)", name));
    if (!joined) {
      if (i + 1 == arguments.size()) return invalid(fmt::format("{} needs a value", name));
      value = arguments[++i];
    }
    if (!match->set(options, value)) return invalid(fmt::format("{} does not take \"{}\"", name, value));
  }
  if (options.regions.empty() || options.os_regions.empty()) return invalid("at least one region is needed");
  if (options.threads == 0) return invalid("--threads must be at least 1");
  return options;
}

std::string help_text() {
  std::string out =
      "cloudsim: AWS and OpenStack APIs over an invented estate, for development and tests.\n"
      "Prints one JSON line with its addresses when it is ready; ends on SIGINT or SIGTERM.\n\n";
  for (const Row& one : rows()) {
    out += fmt::format("  {:32} {}{}\n", fmt::format("{} {}", one.name, one.value), one.help,
                       one.fallback.empty() ? "" : fmt::format(" [{}]", one.fallback));
  }
  return out;
}

}  // namespace maestro::cloudsim
