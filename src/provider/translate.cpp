#include "provider/translate.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/text.h"
#include "provider/transforms.h"

namespace maestro::provider {

namespace {

using json::Array;
using json::Object;
using json::Value;

const Value* enriched(const Scene& scene, std::string_view name) {
  for (const auto& [known, value] : scene.found)
    if (known == name) return value;
  return nullptr;
}

const Value* look_up(const Scene& scene, std::string_view path) {
  if (path == ".") return scene.raw.value;
  if (path.starts_with("parent.")) {
    return scene.raw.parent == nullptr ? nullptr : find_path(*scene.raw.parent, path.substr(7));
  }
  if (path.starts_with("enrich.")) {
    path.remove_prefix(7);
    const auto dot = path.find('.');
    const Value* found = enriched(scene, path.substr(0, dot));
    if (found == nullptr || dot == std::string_view::npos) return found;
    return find_path(*found, path.substr(dot + 1));
  }
  return scene.raw.value == nullptr ? nullptr : find_path(*scene.raw.value, path);
}

std::string_view fact(const Facts& facts, std::string_view word) {
  if (word == "id") return facts.id;
  if (word == "name") return facts.name;
  if (word == "datacenter") return facts.datacenter;
  if (word == "datacenter_id") return facts.datacenter_id;
  if (word == "provider") return facts.provider;
  if (word == "region") return facts.region;
  if (word == "region_id") return facts.region_id;
  if (word == "cloud") return facts.cloud;
  return {};
}

Value by_tag(const std::vector<std::string>& names, const Scene& scene) {
  if (scene.raw.value == nullptr) return nullptr;
  for (const char* where : {"Tags", "tags", "metadata"}) {
    const Value* found = find_path(*scene.raw.value, where);
    if (found == nullptr) continue;
    const Array tags = tag_list(*found);
    for (const std::string& name : names)
      for (const Value& tag : tags)
        if (text::iequals(tag.at("key").get_string(), name) && !tag.at("value").get_string().empty())
          return tag.at("value");
  }
  return nullptr;
}

Value by_template(std::string_view text, const Scene& scene) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return nullptr;
    const std::string_view path = text.substr(open + 1, close - open - 1);
    std::string word;
    if (path.starts_with("connection.")) {
      if (scene.facts != nullptr) word = fact(*scene.facts, path.substr(11));
    } else if (const Value* found = look_up(scene, path)) {
      word = json::scalar_text(*found);
    }
    if (word.empty()) return nullptr;
    out += word;
    text.remove_prefix(close + 1);
  }
  return Value(out);
}

bool is_uuid(std::string_view word) {
  if (word.size() != 36 && word.size() != 32) return false;
  for (const char c : word) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex && c != '-') return false;
  }
  return true;
}

Value qualify(const Value& in, const Scene& scene) {
  const std::string word = json::scalar_text(in);
  if (word.empty() || is_uuid(word) || scene.facts == nullptr) return Value(word);
  return Value(fmt::format("{}/{}/{}", scene.facts->cloud, scene.facts->region_id, word));
}

Value each(const Value& in, const std::vector<Rule>& members, const Scene& scene) {
  if (!in.is_array()) return nullptr;
  Array out;
  for (const Value& element : in.get_array()) {
    const Scene inner{.raw = {.value = &element, .parent = scene.raw.value}, .found = {}, .facts = scene.facts};
    Object object;
    for (const Rule& rule : members) {
      Value value = evaluate(rule.source, inner);
      if (!is_nothing(value)) json::set(object, rule.target, std::move(value));
    }
    if (!object.empty()) out.emplace_back(std::move(object));
  }
  return out;
}

/// True when a part of the rule would have come from a look-up that has nothing for this item.
bool waits_for_lookup(const Rule& rule, const Scene& scene) {
  for (const std::string& path : rule.source.words) {
    if (rule.source.from != Source::From::kPaths || !path.starts_with("enrich.")) continue;
    const std::string_view name = std::string_view(path).substr(7, path.find('.', 7) - 7);
    if (enriched(scene, name) == nullptr) return true;
  }
  return false;
}

Value evaluate_one(const Source& source, const Scene& scene) {
  Value value;
  switch (source.from) {
    case Source::From::kPaths:
      for (const std::string& path : source.words) {
        const Value* found = look_up(scene, path);
        if (found == nullptr || is_nothing(*found)) continue;
        value = *found;
        break;
      }
      break;
    case Source::From::kConst:
      value = source.constant;
      break;
    case Source::From::kConnection:
      if (scene.facts != nullptr) value = fact(*scene.facts, source.words.front());
      break;
    case Source::From::kTag:
      value = by_tag(source.words, scene);
      break;
    case Source::From::kTemplate:
      value = by_template(source.words.front(), scene);
      break;
  }
  for (const Step& step : source.steps) {
    const bool nothing = is_nothing(value);
    if (nothing && !step.transform->on_nothing) return nullptr;
    if (nothing) value = nullptr;
    const std::string_view name = step.transform->name;
    if (name == "each") {
      value = each(value, step.each, scene);
    } else if (name == "qualify") {
      value = qualify(value, scene);
    } else {
      value = step.transform->apply(value, step.args);
    }
  }
  return value;
}

}  // namespace

Result<std::vector<RawItem>> find_items(const Items& items, const Value& answer) {
  std::vector<RawItem> out;
  const Value* list = items.path.empty() ? &answer : find_path(answer, items.path);
  if (list == nullptr) return invalid(fmt::format("The answer has no {}", items.path));
  const auto add = [&](const Value& one) {
    if (items.then.empty()) {
      out.push_back({&one, nullptr});
      return;
    }
    const Value* inner = find_path(one, items.then);
    if (inner == nullptr || !inner->is_array()) return;
    for (const Value& nested : inner->get_array()) out.push_back({&nested, &one});
  };
  if (items.path.empty() && !list->is_array()) {
    add(*list);
  } else if (items.each == Items::Each::kMembers) {
    if (!list->is_object()) return invalid(fmt::format("{} of the answer is no object", items.path));
    for (const auto& member : list->get_object()) add(member.value());
  } else {
    // An empty element of XML is an empty text: a list of nothing.
    if (list->is_string() && text::trim(std::string_view(list->get_string())).empty()) return out;
    if (!list->is_array()) return invalid(fmt::format("{} of the answer is no list", items.path));
    for (const Value& one : list->get_array()) add(one);
  }
  return out;
}

Value evaluate(const Source& source, const Scene& scene) {
  Value value = evaluate_one(source, scene);
  return source.otherwise.empty() || !is_nothing(value) ? value : evaluate(source.otherwise.front(), scene);
}

bool holds(const std::vector<Condition>& where, const Scene& scene) {
  for (const Condition& condition : where) {
    Source source;
    source.words = condition.paths;
    const Value value = evaluate(source, scene);
    const bool listed = std::any_of(condition.values.begin(), condition.values.end(),
                                    [&](const Value& one) { return json::equal(one, value); });
    if (listed == condition.negated) return false;
  }
  return true;
}

Result<Item> translate(const Pack& pack, const Scene& outer) {
  if (outer.raw.value == nullptr) return invalid("An item is missing");
  if (!outer.raw.value->is_object() && pack.items.each != Items::Each::kScalars) {
    return invalid("An item is no object but " + json::write(*outer.raw.value).substr(0, 60));
  }
  Scene scene = outer;
  Value cleaned;
  const Object* raw = outer.raw.value->if_object();
  const bool has_secret =
      raw != nullptr && std::any_of(pack.secret.begin(), pack.secret.end(),
                                    [&](const std::string& path) { return json::find(*raw, path) != nullptr; });
  if (has_secret) {
    cleaned = *outer.raw.value;
    for (const std::string& path : pack.secret) json::erase(cleaned.get_object(), path);
    scene.raw.value = &cleaned;
  }

  Item item;
  item.key = json::scalar_text(evaluate(pack.key, scene));
  if (item.key.empty()) {
    const std::string_view path =
        pack.key.words.empty() ? std::string_view("key") : std::string_view(pack.key.words.front());
    return invalid(fmt::format("An item has no {}: it begins {}", path, json::write(*scene.raw.value).substr(0, 80)));
  }
  if (pack.has_legacy_key) item.legacy_key = json::scalar_text(evaluate(pack.legacy_key, scene));
  for (const Rule& rule : pack.map) {
    Value value = evaluate(rule.source, scene);
    if (!is_nothing(value)) {
      json::set(item.fields, rule.target, std::move(value));
    } else if (waits_for_lookup(rule, scene)) {
      item.keep.push_back(rule.target);
    }
  }
  for (const LinkRule& rule : pack.links) {
    if (!rule.unless.empty() && json::find(item.fields, rule.unless) != nullptr) continue;
    const Value value = evaluate(rule.source, scene);
    const auto add = [&](const Value& one) {
      const std::string word = json::scalar_text(one);
      if (!word.empty()) item.links.push_back({rule.kind, word});
    };
    if (const Array* list = value.if_array()) {
      for (const Value& one : *list) add(one);
    } else {
      add(value);
    }
  }
  item.hash = item_hash(pack, item);
  return item;
}

std::string item_hash(const Pack& pack, const Item& item) {
  if (pack.volatile_fields.empty()) return crypto::sha256(item.key + "\n" + json::canonical(item.fields));
  Object fields = item.fields;
  for (const std::string& path : pack.volatile_fields) json::erase(fields, path);
  return crypto::sha256(item.key + "\n" + json::canonical(fields));
}

}  // namespace maestro::provider
