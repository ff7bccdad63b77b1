#include "provider/pack_reader.h"

#include "model/entity.h"
#include "provider/source_reader.h"
#include "provider/yaml_reader.h"

namespace maestro::provider {

namespace {

Result<Params> read_params(const Place& place, const YamlNode& node) {
  TRY(need_map(place, node));
  Params out;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    TRY_ASSIGN(std::string value, read_text(place.at(node.keys[i].text), node.items[i]));
    out.emplace_back(node.keys[i].text, std::move(value));
  }
  return out;
}

Result<Request> read_request(const Place& place, const YamlNode& node, bool is_xml) {
  TRY(only_keys(place, node, {"action", "path", "params", "without_when_forbidden"}));
  Request request;
  const char* word = is_xml ? "action" : "path";
  const YamlNode* what = node.find(word);
  if (what == nullptr || node.find(is_xml ? "path" : "action") != nullptr) {
    return mistake(place, node, fmt::format("needs {} (the shape of this service says so)", word));
  }
  TRY_ASSIGN((is_xml ? request.action : request.path), read_text(place.at(word), *what));
  if (request.path.find("..") != std::string::npos || request.path.find('?') != std::string::npos) {
    return mistake(place.at("path"), *what, "is a plain path under the service's address");
  }
  if (const YamlNode* params = node.find("params")) {
    TRY_ASSIGN(request.params, read_params(place.at("params"), *params));
  }
  if (const YamlNode* drop = node.find("without_when_forbidden")) {
    TRY_ASSIGN(request.without_when_forbidden, read_texts(place.at("without_when_forbidden"), *drop));
  }
  return request;
}

Result<Paging> read_paging(const Place& place, const YamlNode& node) {
  TRY(only_keys(place, node, {"token", "into", "links", "marker", "limit"}));
  Paging page;
  const auto text = [&](const char* key, std::string& out) -> Result<void> {
    if (const YamlNode* value = node.find(key)) {
      TRY_ASSIGN(out, read_text(place.at(key), *value));
    }
    return {};
  };
  std::string into;
  TRY(text("token", page.token_from));
  TRY(text("into", into));
  TRY(text("links", page.links));
  TRY(text("marker", page.marker_from));
  TRY(text("limit", page.limit_param));
  if (page.token_from.empty() == page.marker_from.empty()) return mistake(place, node, "needs token or marker");
  if (into.empty()) return mistake(place, node, "needs into: the parameter that takes it");
  (page.token_from.empty() ? page.marker_into : page.token_into) = into;
  if (!page.marker_from.empty() && page.limit_param.empty())
    return mistake(place, node, "marker needs limit: the parameter of the page size");
  return page;
}

Result<Items> read_items(const Place& place, const YamlNode& node) {
  Items items;
  if (node.kind == YamlNode::Kind::kScalar) {
    TRY_ASSIGN(items.path, read_text(place, node));
    return items;
  }
  TRY(only_keys(place, node, {"path", "each", "then"}));
  if (const YamlNode* path = node.find("path")) {
    TRY_ASSIGN(items.path, read_text(place.at("path"), *path));
  }
  if (const YamlNode* then = node.find("then")) {
    TRY_ASSIGN(items.then, read_text(place.at("then"), *then));
  }
  if (const YamlNode* each = node.find("each")) {
    if (each->text == "list")
      items.each = Items::Each::kList;
    else if (each->text == "members")
      items.each = Items::Each::kMembers;
    else if (each->text == "scalars")
      items.each = Items::Each::kScalars;
    else
      return mistake(place.at("each"), *each, "needs list, members or scalars");
  }
  return items;
}

Result<std::vector<Condition>> read_where(const Place& place, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kList) return mistake(place, node, "needs a list of conditions");
  std::vector<Condition> out;
  for (const YamlNode& item : node.items) {
    TRY(only_keys(place, item, {"from", "in", "not_in"}));
    const YamlNode* from = item.find("from");
    const YamlNode* in = item.find("in");
    const YamlNode* not_in = item.find("not_in");
    if (from == nullptr || (in == nullptr) == (not_in == nullptr))
      return mistake(place, item, "needs from, and in or not_in");
    Condition condition;
    TRY_ASSIGN(condition.paths, read_texts(place.at("from"), *from));
    condition.negated = in == nullptr;
    const YamlNode& values = in == nullptr ? *not_in : *in;
    if (values.kind != YamlNode::Kind::kList || values.items.empty())
      return mistake(place, values, "needs a list of values");
    for (const YamlNode& value : values.items) condition.values.push_back(value.to_json());
    out.push_back(std::move(condition));
  }
  return out;
}

Result<Lookup> read_lookup(const Place& place, const YamlNode& node, bool batched, bool is_xml) {
  TRY(only_keys(place, node, {"name", "request", "page", "items", "on", "key", "param", "size", "empty_on"}));
  Lookup lookup;
  for (const char* word : {"name", "request", "items", "on", "key"})
    if (node.find(word) == nullptr) return mistake(place, node, fmt::format("needs {}", word));
  TRY_ASSIGN(lookup.name, read_text(place.at("name"), *node.find("name")));
  if (lookup.name.find('.') != std::string::npos)
    return mistake(place.at("name"), *node.find("name"), "is a word without dots");
  TRY_ASSIGN(lookup.request, read_request(place.at("request"), *node.find("request"), is_xml));
  TRY_ASSIGN(lookup.items, read_items(place.at("items"), *node.find("items")));
  TRY_ASSIGN(lookup.on, read_text(place.at("on"), *node.find("on")));
  TRY_ASSIGN(lookup.key, read_text(place.at("key"), *node.find("key")));
  if (const YamlNode* page = node.find("page")) {
    TRY_ASSIGN(lookup.page, read_paging(place.at("page"), *page));
  }
  if (const YamlNode* codes = node.find("empty_on")) {
    TRY_ASSIGN(lookup.empty_on, read_texts(place.at("empty_on"), *codes));
  }
  const YamlNode* param = node.find("param");
  if (batched != (param != nullptr)) {
    return mistake(
        place, node,
        batched ? "needs param: the parameter of a batch, with {n}" : "fetches a whole list: param belongs to enrich");
  }
  if (param != nullptr) {
    TRY_ASSIGN(lookup.param, read_text(place.at("param"), *param));
    if (lookup.param.find("{n}") == std::string::npos) return mistake(place.at("param"), *param, "has no {n}");
  }
  if (const YamlNode* size = node.find("size")) {
    TRY_ASSIGN(const int count, read_int(place.at("size"), *size, 1, 1000));
    lookup.size = static_cast<std::size_t>(count);
  }
  return lookup;
}

Result<Confirm> read_confirm(const Place& place, const YamlNode& node, bool is_xml) {
  TRY(only_keys(place, node, {"request", "param", "size"}));
  Confirm confirm;
  const YamlNode* request = node.find("request");
  if (request == nullptr) return mistake(place, node, "needs request");
  TRY_ASSIGN(confirm.request, read_request(place.at("request"), *request, is_xml));
  if (const YamlNode* param = node.find("param")) {
    TRY_ASSIGN(confirm.param, read_text(place.at("param"), *param));
    if (confirm.param.find("{n}") == std::string::npos) return mistake(place.at("param"), *param, "has no {n}");
  } else if (confirm.request.path.find("{key}") == std::string::npos) {
    return mistake(place, node, "needs param with {n}, or {key} in the path");
  }
  if (const YamlNode* size = node.find("size")) {
    TRY_ASSIGN(const int count, read_int(place.at("size"), *size, 1, 1000));
    confirm.size = static_cast<std::size_t>(count);
  }
  return confirm;
}

Result<Every> read_every(const Place& place, const YamlNode& node) {
  const auto words = text::split(node.text, ' ');
  Every every;
  YamlNode number = node;
  if (node.kind == YamlNode::Kind::kScalar && words.size() == 2) {
    number.text = std::string(words[0]);
    every.period = std::string(words[1]);
    if (every.period.empty() || every.period.back() != 's') every.period += 's';
    TRY_ASSIGN(every.count, read_int(place, number, 1, 10'000));
    for (const char* known : {"seconds", "minutes", "hours", "days", "weeks"})
      if (every.period == known) return every;
  }
  return mistake(place, node, "needs a number and seconds, minutes, hours, days or weeks");
}

/// Everything about one resource's rules: its own, those of included blocks, what they may write.
Result<void> read_map(const Place& root, const YamlNode& node, const std::string& entity_name,
                      const PackLibrary& library, Pack& pack) {
  const model::Entity* entity = model::find_entity(entity_name);
  const auto check = [entity](std::string_view target) -> std::string {
    if (model::is_mappable(*entity, target)) return {};
    return fmt::format("{} has no field '{}'", entity->name, target);
  };
  const YamlNode* map = node.find("map");
  if (map == nullptr) return mistake(root, node, "needs map");
  if (const YamlNode* include = node.find("include")) {
    TRY_ASSIGN(const std::vector<std::string> names, read_texts(root.at("include"), *include));
    for (const std::string& name : names) {
      const auto block = library.blocks.find(name);
      if (block == library.blocks.end())
        return mistake(root.at("include"), *include, fmt::format("there is no block '{}'", name));
      TRY_ASSIGN(std::vector<Rule> rules, read_rules({library.files.at(name), {}}, block->second, check));
      for (Rule& rule : rules) pack.map.push_back(std::move(rule));
    }
  }
  TRY_ASSIGN(std::vector<Rule> own, read_rules(root.at("map"), *map, check));
  for (Rule& rule : own) {  // a rule of the resource itself replaces one of a block
    std::erase_if(pack.map, [&](const Rule& other) { return other.target == rule.target; });
    pack.map.push_back(std::move(rule));
  }
  for (const Rule& rule : pack.map) {
    for (const std::string& path : rule.source.words) {
      if (rule.source.from != Source::From::kPaths || !path.starts_with("enrich.")) continue;
      const std::string name = path.substr(7, path.find('.', 7) - 7);
      const bool known =
          std::any_of(pack.lookups.begin(), pack.lookups.end(), [&](const Lookup& one) { return one.name == name; });
      if (!known)
        return mistake(root.at("map").at(rule.target), *map, fmt::format("there is no enrich or join '{}'", name));
    }
  }
  if (const YamlNode* fields = node.find("volatile")) {
    TRY_ASSIGN(pack.volatile_fields, read_texts(root.at("volatile"), *fields));
    for (const std::string& field : pack.volatile_fields)
      if (std::string problem = check(field); !problem.empty()) return mistake(root.at("volatile"), *fields, problem);
  }
  return {};
}

Result<std::vector<LinkRule>> read_links(const Place& place, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kList) return mistake(place, node, "needs a list of links");
  std::vector<LinkRule> out;
  for (const YamlNode& item : node.items) {
    TRY(only_keys(place, item, {"kind", "value", "unless"}));
    const YamlNode* kind = item.find("kind");
    const YamlNode* value = item.find("value");
    if (kind == nullptr || value == nullptr) return mistake(place, item, "needs kind and value");
    LinkRule link;
    if (kind->text == "flavor")
      link.kind = Item::Link::Kind::kFlavor;
    else if (kind->text == "application_name")
      link.kind = Item::Link::Kind::kApplicationName;
    else if (kind->text == "application_id")
      link.kind = Item::Link::Kind::kApplicationId;
    else
      return mistake(place.at("kind"), *kind, "needs flavor, application_name or application_id");
    TRY_ASSIGN(link.source, read_source(place.at("value"), *value));
    if (const YamlNode* unless = item.find("unless")) {
      TRY_ASSIGN(link.unless, read_text(place.at("unless"), *unless));
    }
    out.push_back(std::move(link));
  }
  return out;
}

}  // namespace

Result<Shape> read_shape(const std::string& file, const std::string& name, const YamlNode& root) {
  const Place place{file, {}};
  TRY(only_keys(place, root,
                {"doc", "wire", "service", "version", "capitalize", "lists", "rename", "int", "decimal", "bool", "time",
                 "raw", "drop"}));
  Shape shape;
  shape.name = name;
  for (const char* word : {"doc", "wire", "service"})
    if (root.find(word) == nullptr) return mistake(place, root, fmt::format("needs {}", word));
  const YamlNode& wire = *root.find("wire");
  if (wire.text != "xml" && wire.text != "json") return mistake(place.at("wire"), wire, "needs xml or json");
  shape.wire = wire.text == "xml" ? Shape::Wire::kXml : Shape::Wire::kJson;
  TRY_ASSIGN(shape.service, read_text(place.at("service"), *root.find("service")));
  if (const YamlNode* version = root.find("version")) {
    TRY_ASSIGN(shape.version, read_text(place.at("version"), *version));
  }
  if (const YamlNode* flag = root.find("capitalize")) {
    TRY_ASSIGN(shape.capitalize, read_bool(place.at("capitalize"), *flag));
  }
  if (const YamlNode* rename = root.find("rename")) {
    TRY_ASSIGN(const Params pairs, read_params(place.at("rename"), *rename));
    for (const auto& [from, to] : pairs) shape.rename[from] = to;
  }
  const auto words = [&](const char* key, auto&& add) -> Result<void> {
    const YamlNode* list = root.find(key);
    if (list == nullptr) return {};
    TRY_ASSIGN(const std::vector<std::string> texts, read_texts(place.at(key), *list));
    for (const std::string& text : texts) add(text);
    return {};
  };
  TRY(words("lists", [&](const std::string& word) { shape.lists.insert(word); }));
  TRY(words("raw", [&](const std::string& word) { shape.raw.insert(word); }));
  TRY(words("drop", [&](const std::string& word) { shape.drop.insert(word); }));
  TRY(words("int", [&](const std::string& word) { shape.types[word] = Shape::Kind::kInt; }));
  TRY(words("decimal", [&](const std::string& word) { shape.types[word] = Shape::Kind::kDecimal; }));
  TRY(words("bool", [&](const std::string& word) { shape.types[word] = Shape::Kind::kBool; }));
  TRY(words("time", [&](const std::string& word) { shape.types[word] = Shape::Kind::kTime; }));
  return shape;
}

Result<Resource> read_resource(const std::string& file, const std::string& provider, const std::string& name,
                               const YamlNode& root, const PackLibrary& library) {
  const Place place{file, {}};
  TRY(only_keys(place, root, {"task",   "entity", "label",      "doc",     "order", "every", "scope",    "needs",
                              "source", "shape",  "list",       "page",    "items", "where", "enrich",   "join",
                              "secret", "key",    "legacy_key", "include", "map",   "links", "volatile", "confirm"}));
  for (const char* word :
       {"task", "entity", "label", "doc", "every", "needs", "source", "shape", "list", "items", "key", "map"})
    if (root.find(word) == nullptr) return mistake(place, root, fmt::format("needs {}", word));
  Resource resource;
  auto pack = std::make_shared<Pack>();
  pack->file = file;
  resource.id = fmt::format("{}/{}", provider, name);
  resource.provider = provider;
  for (const auto& [key, out] : {std::pair{"task", &resource.task},
                                 {"entity", &resource.entity},
                                 {"label", &resource.label},
                                 {"doc", &resource.doc}}) {
    TRY_ASSIGN(*out, read_text(place.at(key), *root.find(key)));
  }
  if (!resource.task.ends_with("-list")) return mistake(place.at("task"), *root.find("task"), "ends with -list");
  if (model::find_entity(resource.entity) == nullptr) {
    return mistake(place.at("entity"), *root.find("entity"), fmt::format("there is no entity '{}'", resource.entity));
  }
  if (const YamlNode* order = root.find("order")) {
    TRY_ASSIGN(resource.order, read_int(place.at("order"), *order, -1000, 1000));
  }
  TRY_ASSIGN(resource.every, read_every(place.at("every"), *root.find("every")));
  if (const YamlNode* scope = root.find("scope")) {
    if (scope->text != "region" && scope->text != "global")
      return mistake(place.at("scope"), *scope, "needs region or global");
    resource.global = scope->text == "global";
  }
  TRY_ASSIGN(resource.permissions, read_texts(place.at("needs"), *root.find("needs")));
  const YamlNode& origin = *root.find("source");
  if (origin.text != "recorded" && origin.text != "reference")
    return mistake(place.at("source"), origin, "needs recorded or reference");
  pack->recorded = origin.text == "recorded";
  const YamlNode& shape_name = *root.find("shape");
  const auto shape = library.shapes.find(shape_name.text);
  if (shape == library.shapes.end())
    return mistake(place.at("shape"), shape_name, fmt::format("there is no shape '{}'", shape_name.text));
  pack->shape = shape->second;
  const bool is_xml = pack->shape->wire == Shape::Wire::kXml;
  TRY_ASSIGN(pack->list, read_request(place.at("list"), *root.find("list"), is_xml));
  if (const YamlNode* page = root.find("page")) {
    TRY_ASSIGN(pack->page, read_paging(place.at("page"), *page));
  }
  TRY_ASSIGN(pack->items, read_items(place.at("items"), *root.find("items")));
  if (const YamlNode* where = root.find("where")) {
    TRY_ASSIGN(pack->where, read_where(place.at("where"), *where));
  }
  for (const char* word : {"enrich", "join"}) {
    const YamlNode* list = root.find(word);
    if (list == nullptr) continue;
    if (list->kind != YamlNode::Kind::kList) return mistake(place.at(word), *list, "needs a list");
    for (const YamlNode& item : list->items) {
      TRY_ASSIGN(Lookup lookup, read_lookup(place.at(word), item, std::string_view(word) == "enrich", is_xml));
      pack->lookups.push_back(std::move(lookup));
    }
  }
  if (const YamlNode* secret = root.find("secret")) {
    TRY_ASSIGN(pack->secret, read_texts(place.at("secret"), *secret));
  }
  TRY_ASSIGN(pack->key, read_source(place.at("key"), *root.find("key")));
  if (const YamlNode* legacy = root.find("legacy_key")) {
    TRY_ASSIGN(pack->legacy_key, read_source(place.at("legacy_key"), *legacy));
    pack->has_legacy_key = true;
  }
  TRY(read_map(place, root, resource.entity, library, *pack));
  if (const YamlNode* links = root.find("links")) {
    TRY_ASSIGN(pack->links, read_links(place.at("links"), *links));
  }
  if (const YamlNode* confirm = root.find("confirm")) {
    TRY_ASSIGN(Confirm value, read_confirm(place.at("confirm"), *confirm, is_xml));
    pack->confirm = std::move(value);
    resource.confirms = true;
  }
  resource.pack = std::move(pack);
  return resource;
}

}  // namespace maestro::provider
