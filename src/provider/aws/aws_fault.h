// What an AWS error answer means, for code and for an administrator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "provider/transport.h"

namespace maestro::provider::aws {

struct Fault {
  std::string code, message;  ///< as AWS says them; the code may be empty
};

Fault read_fault(std::string_view body);
Code classify(int status, std::string_view code);
/// True for refusals that a wrong clock causes.
bool may_be_skew(std::string_view code);
/// What was tried, what AWS said, what to do.
Error explain(const HttpAnswer& answer, const Fault& fault, std::string_view service, std::string_view action,
              std::string_view region, const std::vector<std::string>* needs);

}  // namespace maestro::provider::aws
