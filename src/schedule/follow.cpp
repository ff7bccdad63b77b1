// Timers and their scheduler documents, each following the other inside one transaction.
#include "base/text.h"
#include "discovery/progress.h"
#include "inventory/inventory.h"
#include "inventory/provenance.h"
#include "model/validate.h"
#include "schedule/schedules.h"

namespace maestro::schedule {
namespace {

using json::Object;
using json::Value;
using store::Document;
using store::Schedule;
using store::Transaction;

/// Writes a document that nobody has sent: with history, and with the mark that a change sets.
Result<void> rewrite(store::Store& store, Transaction& tx, const Document& before, Document after, const char* verb) {
  if (before.active == after.active && before.body == after.body) return {};
  after.body[scheduler_entity().raises] = true;
  after.updated = tx.now();
  auto changes = inventory::describe_changes(before, after);
  return store.documents().update(tx, before, after, {.verb = verb, .changes = std::move(changes)});
}

Result<std::optional<Schedule>> find_timer(store::Store& store, const Context& context, const Link& link) {
  TRY_ASSIGN(const auto all, store.ledger().schedules(context, link.connection));
  for (const Schedule& one : all)
    if (one.task == link.task) return std::optional(one);
  return std::optional<Schedule>();
}

/// The connection of a link while it is active.
Result<std::optional<Document>> find_connection(store::Store& store, Transaction& tx, const ObjectId& id) {
  TRY_ASSIGN(auto found, store.documents().find(tx, discovery::connections_entity(), id));
  if (found && !found->active) found.reset();
  return found;
}

}  // namespace

Result<void> Schedules::insert_document(Transaction& tx, const Document& connection, const Template& form,
                                        const Schedule& schedule) {
  TRY_ASSIGN(const auto present, find_documents(store_, tx, connection.id, schedule.task));
  if (!present.empty()) return {};
  Document document;
  document.entity = &scheduler_entity();
  document.created = document.updated = tx.now();
  document.owner = connection.owner;
  document.access = connection.access;
  document.body = describe_schedule(form, connection, schedule.task, Period{schedule.every, schedule.period}, tx.now());
  if (const Value* owner = connection.body.if_contains("owner")) document.body["owner"] = *owner;
  return store_.documents().insert(tx, document, {.verb = "create", .changes = inventory::describe_creation(document)});
}

Result<void> Schedules::tell_documents(Transaction& tx, const Schedule& schedule) {
  TRY_ASSIGN(auto documents, find_documents(store_, tx, schedule.connection, schedule.task));
  for (const Document& before : documents) {
    Document after = before;
    write_timer(schedule, after);
    TRY(rewrite(store_, tx, before, std::move(after), "update"));
  }
  if (!documents.empty() || !schedule.enabled) return {};
  // Its document was deleted, which had stopped it: what runs again is listed again.
  TRY_ASSIGN(documents, find_deleted(store_, tx, schedule.connection));
  for (const Document& before : documents) {
    if (link_of(before)->task != schedule.task) continue;
    Document after = before;
    after.active = true;
    write_timer(schedule, after);
    return rewrite(store_, tx, before, std::move(after), "restore");
  }
  TRY_ASSIGN(const auto connection, find_connection(store_, tx, schedule.connection));
  if (!connection) return {};
  TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
  return insert_document(tx, *connection, form, schedule);
}

Result<void> Schedules::end_documents(Transaction& tx, const ObjectId& connection, std::string_view task) {
  TRY_ASSIGN(const auto documents, find_documents(store_, tx, connection, task));
  for (const Document& before : documents) {
    Document after = before;
    after.active = false;
    TRY(rewrite(store_, tx, before, std::move(after), "delete"));
  }
  return {};
}

Result<void> Schedules::restore(Transaction& tx, const Document& connection, Time ended) {
  TRY_ASSIGN(const auto deleted, find_deleted(store_, tx, connection.id));
  TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
  TRY(store_.ledger().delete_schedules(tx, connection.id));
  for (const provider::Resource* resource : tasks_of(runs_.packs(), connection)) {
    Schedule schedule = make_timer(*resource, connection.id, form, tx.now());
    bool had_one = false, has_one = false;
    for (const Document& before : deleted) {
      if (link_of(before)->task != resource->task) continue;
      had_one = true;
      // What ended at that very moment ended with the connection.
      if (before.updated != ended) continue;
      has_one = true;
      if (const auto period = read_period(before.body.if_contains("interval"))) {
        schedule.every = period->every;
        schedule.period = period->period;
        schedule.next_at = first_time(schedule, tx.now());
      }
      schedule.enabled = json::bool_or(before.body, "enabled", true);
      Document after = before;
      after.active = true;
      TRY(rewrite(store_, tx, before, std::move(after), "restore"));
    }
    if (had_one && !has_one) schedule.enabled = false;
    TRY(store_.ledger().insert_schedule(tx, schedule));
    if (!had_one) TRY(insert_document(tx, connection, form, schedule));
    if (discovery::is_enabled(connection) && schedule.enabled) {
      TRY_ASSIGN(const auto run, runs_.start(tx, connection, resource->task, discovery::kByCreation));
      static_cast<void>(run);
    }
  }
  return {};
}

Result<Object> Schedules::describe(const Context& context, const Document& connection, std::string_view task) {
  TRY_ASSIGN(const Template form, read_template(store_, context));
  std::vector<std::string> known;
  std::optional<Period> period;
  if (provider::find_provider(json::text_or(connection.body, "provider")) != nullptr) {
    for (const provider::Resource* resource : tasks_of(runs_.packs(), connection)) {
      known.push_back(resource->task);
      if (resource->task == task) period = period_of(*resource, form);
    }
  } else {
    for (const auto& member : form.periods) known.emplace_back(member.key());
    period = form.period(task);
  }
  if (!period) return model::violation("task", "must be one of [" + text::join(known, ", ") + "]", "any.allowOnly");
  return describe_schedule(form, connection, task, *period, clock_.now());
}

Result<void> Schedules::follow(Transaction& tx, const Document* before, Document& after) {
  const auto left = before != nullptr && before->active ? link_of(*before) : std::nullopt;
  const auto link = after.active ? link_of(after) : std::nullopt;
  const auto allowed = [&](const Document& connection) {
    return store_.documents().access(tx, connection.access)->role_of(tx.context().actor.principal) >= store::kWrite;
  };
  if (left && left != link) {
    TRY_ASSIGN(const auto connection, find_connection(store_, tx, left->connection));
    if (connection) {
      if (!allowed(*connection)) return inventory::not_allowed();
      TRY(leave(tx, *left, after.id));
    }
  }
  if (!link) return {};
  after.body["link"].get_object()["_id"] = link->connection.hex();  // documents are found by its canonical form
  TRY_ASSIGN(const auto connection, find_connection(store_, tx, link->connection));
  if (!connection) return {};
  if (!allowed(*connection)) return inventory::not_allowed();
  return set_timer(tx, *connection, *link, left == link ? before : nullptr, after);
}

Result<void> Schedules::leave(Transaction& tx, const Link& link, const ObjectId& document) {
  TRY_ASSIGN(auto timer, find_timer(store_, tx.context(), link));
  if (!timer) return {};
  timer->enabled = false;
  TRY_ASSIGN(const auto others, find_documents(store_, tx, link.connection, link.task));
  for (const Document& other : others) {
    if (other.id == document) continue;
    timer->enabled = json::bool_or(other.body, "enabled", true);
    if (const auto period = read_period(other.body.if_contains("interval"))) {
      timer->every = period->every;
      timer->period = period->period;
    }
  }
  return store_.ledger().update_schedule(tx, *timer);
}

Result<void> Schedules::set_timer(Transaction& tx, const Document& connection, const Link& link, const Document* before,
                                  Document& after) {
  const auto resources = tasks_of(runs_.packs(), connection);
  const auto resource =
      std::find_if(resources.begin(), resources.end(), [&](const auto* one) { return one->task == link.task; });
  if (resource == resources.end()) return {};  // kept as it is: its provider has no such task here
  TRY_ASSIGN(auto timer, find_timer(store_, tx.context(), link));
  const bool is_new = !timer;
  if (is_new) {
    TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
    timer = make_timer(**resource, connection.id, form, tx.now());
  }
  if (json::text_or(after.body, "period_type", "interval") != "interval")
    return model::violation("period_type", "must be interval for a task of a connection", "any.allowOnly");
  const Schedule old = *timer;
  const Value* sent = after.body.if_contains("interval");
  if (const auto period = read_period(sent)) {
    timer->every = period->every;
    timer->period = period->period;
  } else if (sent != nullptr) {
    return model::violation("interval", "must be 1 to 1024 seconds, minutes, hours, days or weeks", "object.interval");
  }
  timer->enabled = json::bool_or(after.body, "enabled", true);
  write_timer(*timer, after);
  // Counted from now: a schedule that was off, or slower, must neither make up for lost times nor wait for an old one.
  if (interval_of(*timer) != interval_of(old) || (timer->enabled && !old.enabled))
    timer->next_at = first_time(*timer, tx.now());
  const bool asked = before != nullptr && json::bool_or(before->body, "run_immediately");
  if (json::bool_or(after.body, "run_immediately") && !asked && timer->enabled) timer->next_at = tx.now();
  return is_new ? store_.ledger().insert_schedule(tx, *timer) : store_.ledger().update_schedule(tx, *timer);
}

Result<void> Schedules::count_run(Transaction& tx, const Document& connection, const Schedule& schedule) {
  TRY_ASSIGN(const auto documents, find_documents(store_, tx, schedule.connection, schedule.task));
  if (documents.empty()) {
    // A timer from before there were documents: a deleted document would have stopped it.
    TRY_ASSIGN(const Template form, read_template(store_, tx.context()));
    return insert_document(tx, connection, form, schedule);
  }
  for (const Document& before : documents) {
    Document after = before;
    after.body["total_run_count"] = json::int_or(before.body, "total_run_count") + 1;
    after.body["last_run_at"] = to_iso(tx.now());
    if (before.body.contains("run_immediately")) after.body["run_immediately"] = false;
    TRY(store_.documents().update(tx, before, after, {.verb = "", .changes = {}}));
  }
  return {};
}

}  // namespace maestro::schedule
