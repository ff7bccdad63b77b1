#include "provider/source_reader.h"

#include "provider/transforms.h"

namespace maestro::provider {

namespace {

constexpr std::string_view kFacts[] = {"id",       "name",   "datacenter", "datacenter_id",
                                       "provider", "region", "region_id",  "cloud"};

Result<void> check_fact(const Place& place, const YamlNode& node, std::string_view word) {
  for (const std::string_view known : kFacts)
    if (known == word) return {};
  return mistake(place, node, fmt::format("a connection has no '{}'", word));
}

Result<void> check_template(const Place& place, const YamlNode& node) {
  std::string_view rest = node.text;
  for (;;) {
    const auto open = rest.find('{');
    if (open == std::string_view::npos) return {};
    const auto close = rest.find('}', open);
    if (close == std::string_view::npos) return mistake(place, node, "has a { without its }");
    const std::string_view path = rest.substr(open + 1, close - open - 1);
    if (path.empty()) return mistake(place, node, "has an empty {}");
    if (path.starts_with("connection.")) TRY(check_fact(place, node, path.substr(11)));
    rest.remove_prefix(close + 1);
  }
}

Result<Step> read_step(const Place& place, const YamlNode& key, const YamlNode& node, const YamlNode& whole) {
  Step step;
  step.transform = find_transform(key.text);
  if (step.transform == nullptr) return mistake(place, key, "is neither a source nor a transform");
  if (key.text == "each") {
    TRY_ASSIGN(step.each, read_rules(place, node, [](std::string_view) { return std::string(); }));
    return step;
  }
  if (key.text == "map_values") {
    json::Object args;
    args["values"] = node.to_json();
    if (const YamlNode* otherwise = whole.find("otherwise")) args["otherwise"] = otherwise->to_json();
    step.args = std::move(args);
  } else {
    step.args = node.to_json();
    // `cap: true` reads well; the argument means nothing to a transform without arguments.
    if (step.transform->check == nullptr && key.text != "default" && !(step.args.is_bool() && step.args.get_bool())) {
      return mistake(place, node, "takes no argument: write true");
    }
  }
  if (step.transform->check != nullptr) {
    if (const char* problem = step.transform->check(step.args)) return mistake(place, node, problem);
  }
  return step;
}

}  // namespace

Result<Source> read_source(const Place& place, const YamlNode& node) {
  Source source;
  if (node.kind == YamlNode::Kind::kScalar || node.kind == YamlNode::Kind::kList) {
    TRY_ASSIGN(source.words, read_texts(place, node));
    return source;
  }
  TRY(need_map(place, node));
  bool has_source = false;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode& key = node.keys[i];
    const YamlNode& value = node.items[i];
    const Place here = place.at(key.text);
    const bool is_source = key.text == "from" || key.text == "const" || key.text == "connection" || key.text == "tag" ||
                           key.text == "template";
    if (is_source && has_source) return mistake(here, key, "is a second source; one is enough");
    has_source = has_source || is_source;
    if (key.text == "from") {
      TRY_ASSIGN(source.words, read_texts(here, value));
    } else if (key.text == "const") {
      source.from = Source::From::kConst;
      source.constant = value.to_json();
    } else if (key.text == "connection") {
      source.from = Source::From::kConnection;
      TRY_ASSIGN(std::string word, read_text(here, value));
      TRY(check_fact(here, value, word));
      source.words = {std::move(word)};
    } else if (key.text == "tag") {
      source.from = Source::From::kTag;
      TRY_ASSIGN(source.words, read_texts(here, value));
    } else if (key.text == "template") {
      source.from = Source::From::kTemplate;
      TRY_ASSIGN(std::string word, read_text(here, value));
      TRY(check_template(here, value));
      source.words = {std::move(word)};
    } else if (key.text == "else") {
      TRY_ASSIGN(Source fallback, read_source(here, value));
      source.otherwise.push_back(std::move(fallback));
    } else if (key.text == "otherwise") {
      if (node.find("map_values") == nullptr) return mistake(here, key, "belongs to map_values, which is not there");
    } else {
      TRY_ASSIGN(Step step, read_step(here, key, value, node));
      source.steps.push_back(std::move(step));
    }
  }
  if (!has_source) return mistake(place, node, "has no source: from, const, connection, tag or template");
  return source;
}

Result<std::vector<Rule>> read_rules(const Place& place, const YamlNode& node,
                                     const std::function<std::string(std::string_view)>& check) {
  TRY(need_map(place, node));
  std::vector<Rule> rules;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode& key = node.keys[i];
    const Place here = place.at(key.text);
    if (key.text.empty()) return mistake(here, key, "has no name");
    if (std::string problem = check(key.text); !problem.empty()) return mistake(here, key, problem);
    TRY_ASSIGN(Source source, read_source(here, node.items[i]));
    rules.push_back({key.text, std::move(source)});
  }
  return rules;
}

}  // namespace maestro::provider
