// Reads the three kinds of pack files: resources, shapes of services, blocks of rules that resources share.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "provider/pack.h"
#include "provider/yaml.h"

namespace maestro::provider {

/// What the resources of one provider may name.
struct PackLibrary {
  std::map<std::string, std::shared_ptr<const Shape>, std::less<>> shapes;
  std::map<std::string, YamlNode, std::less<>>
      blocks;  ///< checked where they are included: targets depend on the entity
  std::map<std::string, std::string, std::less<>> files;  ///< block name -> file, for messages
};

/// Errors are kInvalid and begin with "<file>:<line>:<column>: ".
Result<Shape> read_shape(const std::string& file, const std::string& name, const YamlNode& root);
Result<Resource> read_resource(const std::string& file, const std::string& provider, const std::string& name,
                               const YamlNode& root, const PackLibrary& library);

}  // namespace maestro::provider
