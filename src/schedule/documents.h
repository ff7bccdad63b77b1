// Documents: the scheduler document of each task of a connection, which people and the original's clients list and
// change, beside the timer that runs it. Only their texts are made here; Schedules keeps both in step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/json.h"
#include "store/store.h"

namespace maestro::schedule {

const model::Entity& scheduler_entity();

/// The task of a connection that a scheduler document stands for.
struct Link {
  ObjectId connection;
  std::string task;
  bool operator==(const Link&) const = default;
};
/// nullopt for what is only kept so far: web hooks, reports, jobs.
std::optional<Link> link_of(const store::Document& document);

/// {every, period} as people write it.
struct Period {
  int every = 0;
  std::string period;
};
/// Of a value {"every": 5, "period": "minutes"}; nullopt when it is no such thing or impossible.
std::optional<Period> read_period(const json::Value* value);
json::Object to_json(const Period& period);

/// How schedules of connections are made: the options "scheduler_options", as administrators have edited them.
struct Template {
  std::string url = "crawler/<provider>/<_id>/<task>";
  std::string method = "PUT";
  json::Object periods = {};  ///< by task
  /// What is stated for a task; nullopt when nothing is.
  std::optional<Period> period(std::string_view task) const;
};
/// Read anew each time. The defaults above when the instance has no such options.
Result<Template> read_template(store::Store& store, const Context& context);

/// The body of the document for a task of a connection, without owner.
json::Object describe_schedule(const Template& form, const store::Document& connection, std::string_view task,
                               const Period& period, Time now);

/// The timer's state in the words of its document.
void write_timer(const store::Schedule& schedule, store::Document& document);

/// Active documents of a link, oldest first; of every task of the connection when `task` is empty.
Result<std::vector<store::Document>> find_documents(store::Store& store, store::Transaction& tx,
                                                    const ObjectId& connection, std::string_view task);
/// Deleted documents of a connection as they were before this transaction.
Result<std::vector<store::Document>> find_deleted(store::Store& store, store::Transaction& tx,
                                                  const ObjectId& connection);

}  // namespace maestro::schedule
