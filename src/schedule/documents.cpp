#include "schedule/documents.h"

#include "schedule/timers.h"

namespace maestro::schedule {
namespace {

using json::Object;
using json::Value;
using store::Document;

/// More documents of one connection than it has tasks, by far: a bound for the reading.
constexpr std::size_t kMost = 1000;

void replace_all(std::string& text, std::string_view word, std::string_view with) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + with.size()))
    text.replace(at, word.size(), with);
}

store::Filter equals(const char* path, std::string_view value) {
  return {.kind = store::Filter::Kind::kLeaf,
          .leaf = {.path = path, .op = store::Condition::Op::kEq, .values = {Value(value)}},
          .children = {}};
}

}  // namespace

const model::Entity& scheduler_entity() {
  static const model::Entity& found = *model::find_entity("scheduler");
  return found;
}

std::optional<Link> link_of(const Document& document) {
  if (json::text_or(document.body, "task") != "connections") return std::nullopt;
  const Value* link = document.body.if_contains("link");
  if (link == nullptr || !link->is_object()) return std::nullopt;
  const auto id = ObjectId::parse(json::text_or(link->get_object(), "_id"));
  const std::string_view task = json::text_or(link->get_object(), "task");
  if (!id || task.empty()) return std::nullopt;
  return Link{*id, std::string(task)};
}

std::optional<Period> read_period(const Value* value) {
  if (value == nullptr || !value->is_object()) return std::nullopt;
  const Object& object = value->get_object();
  // What is left out of an interval is as the original fills it in.
  const Value* every = object.if_contains("every");
  if (every != nullptr && !every->is_number()) return std::nullopt;
  const double number = every == nullptr ? 5 : every->to_number<double>();
  const std::string_view period = object.contains("period") ? json::text_or(object, "period") : "minutes";
  if (number < 1 || number > 1024 || number != static_cast<int>(number)) return std::nullopt;
  if (interval(static_cast<int>(number), period).count() == 0) return std::nullopt;
  return Period{static_cast<int>(number), std::string(period)};
}

Object to_json(const Period& period) { return {{"every", period.every}, {"period", period.period}}; }

std::optional<Period> Template::period(std::string_view task) const { return read_period(periods.if_contains(task)); }

Result<Template> read_template(store::Store& store, const Context& context) {
  static const model::Entity& options = *model::find_entity("adminer");
  TRY_ASSIGN(const auto page, store.documents().list(context, {.entity = &options,
                                                               .viewer = {.everything = true},
                                                               .filter = equals("key", "scheduler_options"),
                                                               .limit = 1,
                                                               .count = store::Count::kNone}));
  Template out;
  if (page.items.empty()) return out;
  const Value shown = json::parse_trusted(page.items.front().text);
  const Value* configs = json::find(shown.get_object(), "value.configs");
  if (configs == nullptr || !configs->is_array()) return out;
  for (const Value& config : configs->get_array()) {
    if (!config.is_object() || json::text_or(config.get_object(), "name") != "connections") continue;
    out.url = json::text_or(config.get_object(), "url", out.url);
    out.method = json::text_or(config.get_object(), "method", out.method);
    const Value* periods = config.get_object().if_contains("options");
    if (periods != nullptr && periods->is_object()) out.periods = periods->get_object();
  }
  return out;
}

Object describe_schedule(const Template& form, const Document& connection, std::string_view task, const Period& period,
                         Time now) {
  const std::string id = connection.id.hex();
  const std::string provider(json::text_or(connection.body, "provider"));
  std::string endpoint = form.url;
  replace_all(endpoint, "<provider>", provider);
  replace_all(endpoint, "<_id>", id);
  replace_all(endpoint, "<task>", task);
  return {
      {"name", fmt::format("connections - {} - {} ({})", task, id, to_ms(now))},
      {"endpoint", std::move(endpoint)},
      {"_cls", "PeriodicTask"},
      {"enabled", true},
      {"interval", to_json(period)},
      {"period_type", "interval"},
      {"method", form.method},
      {"total_run_count", 1},
      {"run_immediately", true},
      {"crawling", true},
      {"task", "connections"},
      {"source", "discovery"},
      {"link",
       Object{{"name", json::text_or(connection.body, "name")}, {"_id", id}, {"task", task}, {"provider", provider}}}};
}

void write_timer(const store::Schedule& schedule, Document& document) {
  document.body["enabled"] = schedule.enabled;
  document.body["period_type"] = "interval";
  document.body["interval"] = to_json(Period{schedule.every, schedule.period});
}

Result<std::vector<Document>> find_documents(store::Store& store, store::Transaction& tx, const ObjectId& connection,
                                             std::string_view task) {
  TRY_ASSIGN(auto found, store.documents().find_value(tx, scheduler_entity(), std::nullopt, "link._id",
                                                      connection.hex(), false, kMost));
  std::erase_if(found, [&](const Document& document) {
    const auto link = link_of(document);
    return !link || (!task.empty() && link->task != task);
  });
  return found;
}

Result<std::vector<Document>> find_deleted(store::Store& store, store::Transaction& tx, const ObjectId& connection) {
  TRY_ASSIGN(const auto page, store.documents().list(tx.context(), {.entity = &scheduler_entity(),
                                                                    .viewer = {.everything = true},
                                                                    .filter = equals("link._id", connection.hex()),
                                                                    .active = false,
                                                                    .limit = kMost,
                                                                    .count = store::Count::kNone}));
  std::vector<Document> out;
  for (const auto& item : page.items) {
    TRY_ASSIGN(auto document, store.documents().find(tx, scheduler_entity(), item.id));
    if (document && link_of(*document)) out.push_back(std::move(*document));
  }
  return out;
}

}  // namespace maestro::schedule
