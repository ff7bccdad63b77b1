// Pack: one resource of a provider as data, as packs/<provider>/<name>.yaml says it, parsed and checked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "json/json.h"
#include "provider/provider.h"

namespace maestro::provider {

struct Transform;  // provider/transforms.h
struct Rule;

using Params = std::vector<std::pair<std::string, std::string>>;

/// One named transform with its arguments, applied to the value that the source or the step before gave.
struct Step {
  const Transform* transform = nullptr;
  json::Value args;
  std::vector<Rule> each;  ///< of the transform "each": the members of every element
};

/// Where a value comes from, and what is done to it.
struct Source {
  enum class From {
    kPaths,  ///< the first of several paths that holds something
    kConst,
    kConnection,  ///< a fact of the connection: name, id, datacenter, datacenter_id, provider, region, region_id, cloud
    kTag,         ///< the value of the first of several tags, keys compared without case
    kTemplate,    ///< text with {path} in it; nothing when one of the paths holds nothing
  } from = From::kPaths;
  std::vector<std::string> words;  ///< paths, tag names, the connection's word, the template
  json::Value constant;
  std::vector<Step> steps;
  std::vector<Source> otherwise;  ///< `else`: what to read when all of this gives nothing; none or one
};

/// One line of `map`: an entity field and how it is filled.
struct Rule {
  std::string target;
  Source source;
};

/// How the service answers, and how its words become the ones that documents use.
struct Shape {
  enum class Wire { kXml, kJson } wire = Wire::kJson;
  enum class Kind { kInt, kDecimal, kBool, kTime };
  std::string name;
  std::string service;                       ///< signing name and host word (AWS), catalog type (OpenStack)
  std::string version;                       ///< API version parameter (AWS), highest microversion (OpenStack)
  bool capitalize = false;                   ///< "instanceId" -> "InstanceId"
  std::set<std::string, std::less<>> lists;  ///< elements that are lists even when they are empty
  std::map<std::string, std::string, std::less<>> rename;  ///< "name" or, more special, "parent/name"
  std::map<std::string, Kind, std::less<>> types;
  std::set<std::string, std::less<>> raw;   ///< members whose keys are the user's own words: never renamed inside
  std::set<std::string, std::less<>> drop;  ///< noise of the wire
};

struct Request {
  std::string action;  ///< AWS Query action
  std::string path;    ///< REST path under the service's endpoint
  Params params;
  std::vector<std::string> without_when_forbidden;  ///< parameters to leave out when the provider forbids them
};

/// How a page names the next one. All empty: one page.
struct Paging {
  std::string token_from, token_into;    ///< a token in the answer goes into a parameter
  std::string links;                     ///< list of {rel, href}; `next` there proves that more follows
  std::string marker_from, marker_into;  ///< the last item's value goes into a parameter
  std::string limit_param;               ///< parameter of the page size; a shorter page without a link is the last one
};

struct Items {
  enum class Each { kList, kMembers, kScalars } each = Each::kList;
  std::string path;  ///< empty: the whole answer is one item
  std::string then;  ///< a list inside each item that holds the real items; the outer one is `parent.`
};

struct Condition {
  std::vector<std::string> paths;
  bool negated = false;
  std::vector<json::Value> values;
};

/// Further calls that give items more facts: in batches over the distinct values of the page (`enrich`), or a whole
/// list once per reading (`join`). Paths see the result as "enrich.<name>.".
struct Lookup {
  std::string name;
  Request request;
  Paging page;
  Items items;
  std::string on;     ///< path in the item
  std::string key;    ///< path in what was found
  std::string param;  ///< "{n}" becomes 1, 2, ...; empty: the whole list
  std::size_t size = 100;
  std::vector<std::string> empty_on;  ///< provider codes that mean "nothing there"
};

/// Asks for single ids, so that a vanished item is proven gone.
struct Confirm {
  Request request;  ///< "{key}" in path or parameters, or `param` with "{n}" in batches
  std::string param;
  std::size_t size = 100;
};

struct LinkRule {
  Item::Link::Kind kind = Item::Link::Kind::kFlavor;
  Source source;
  std::string unless;  ///< a target field: no link when the item fills it itself
};

struct Pack {
  std::string file;
  std::shared_ptr<const Shape> shape;
  Request list;
  Paging page;
  Items items;
  std::vector<Condition> where;
  Source key, legacy_key;
  bool has_legacy_key = false;
  std::vector<Rule> map;
  std::vector<Lookup> lookups;
  std::vector<LinkRule> links;
  std::vector<std::string> volatile_fields;  ///< targets that do not count in the hash
  std::vector<std::string> secret;           ///< provider paths that are dropped before anything else sees them
  std::optional<Confirm> confirm;
  bool recorded = false;  ///< fixtures are recorded answers, not written from the reference
};

}  // namespace maestro::provider
