// The AWS listener: signature, dispatch by Action, errors in the words of EC2 and STS.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudsim/aws_signature.h"
#include "cloudsim/paging.h"
#include "cloudsim/world.h"
#include "http/message.h"

namespace maestro::cloudsim::aws {

/// An EC2 error: `wire` is its code on the wire; the status follows from the kind.
Error fail(std::string wire, std::string message, Code kind = Code::kInvalid);

/// One verified request on its way through a handler.
struct Call {
  World& world;
  std::string action, region, service;
  std::map<std::string, std::string> params;
  std::optional<Fault> fault;  ///< set by next_page() or by the dispatcher
  bool fault_asked = false;

  std::string param(const std::string& name) const;
  /// Values of name.1, name.2, ... in order.
  std::vector<std::string> list(const std::string& name) const;

  /// MaxResults; 0 when it is not given.
  Result<std::size_t> max_results(std::size_t least, std::size_t most) const;
  /// The position that NextToken stands for; nullopt without one. Refuses a token of another query.
  Result<std::optional<std::uint64_t>> position() const;
  std::string token(std::uint64_t position) const;

  /// The part of a listing that starts at `begin`, with the fault that is due there.
  PagePlan next_page(std::size_t total, std::size_t begin, std::size_t limit);
  /// <nextToken> when there is more, or what a fault wants there. `position` is the key behind the page.
  void append_next(std::string& out, const PagePlan& plan, std::uint64_t position) const;
};

struct Filter {
  std::string name;
  std::vector<std::string> values;

  /// True when a value equals `text` or, with * and ?, matches it.
  bool accepts(std::string_view text) const;
};
std::vector<Filter> read_filters(const Call& call);
Error unknown_filter(const Filter& filter);

/// Handlers append what comes behind <requestId> to `out`.
using Handler = Result<void> (*)(Call& call, std::string& out);
Result<void> describe_instances(Call& call, std::string& out);
Result<void> describe_instance_types(Call& call, std::string& out);
Result<void> describe_regions(Call& call, std::string& out);
Result<void> describe_availability_zones(Call& call, std::string& out);
Result<void> describe_vpcs(Call& call, std::string& out);
Result<void> describe_subnets(Call& call, std::string& out);
Result<void> describe_security_groups(Call& call, std::string& out);
Result<void> describe_images(Call& call, std::string& out);
Result<void> describe_volumes(Call& call, std::string& out);
Result<void> get_caller_identity(Call& call, std::string& out);

http::Reply serve(World& world, const http::Request& request);

/// us-east-1 cannot be switched off, so it is there even when the estate has nothing in it.
bool is_enabled(const World& world, std::string_view region);

}  // namespace maestro::cloudsim::aws
