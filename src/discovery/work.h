// The jobs of discovery, one function each, and what they share.
#pragma once

#include <string>

#include "discovery/engine.h"

namespace maestro::discovery {

/// Rows that one transaction changes: more would keep other writers waiting.
constexpr std::size_t kBatch = 500;

Result<void> plan(Engine& engine, const Context& context, const store::Job& job);
Result<void> read_scope(Engine& engine, const Context& context, const store::Job& job);
Result<void> forget(Engine& engine, const Context& context, const store::Job& job);

/// The context of what a run writes: the connection acts. A stop request does not reach it, because the last word about
/// an interrupted run still has to be written.
Context acting(const Context& context, const store::Document& connection, const ObjectId& run);
/// The pause before try number `attempt`+1, with jitter; longer when the provider asked for it.
Millis backoff(const Options& options, int attempt, std::uint64_t seed, long long asked_ms);
/// True when trying again later may help.
bool may_pass(Code code);
/// What an administrator can do about it.
std::string hint(Code code, const provider::Resource* resource);
/// The id in a job's payload; nil when it is missing or malformed.
ObjectId payload_id(const store::Job& job, std::string_view name);
/// First word of a stored region; empty for "all" and "".
std::string region_word(std::string_view stored);
/// After a connection stopped seeing a row: takes it off the row's accountant and, when it sees it nowhere else, off
/// its sources. The row stays as it is.
Result<void> forget_row(store::Transaction& tx, store::Store& store, store::RowId row, const ObjectId& connection);
/// Takes a job off the queue for which there is nothing to do any more.
Result<void> drop_job(Engine& engine, const Context& context, const store::Job& job);

}  // namespace maestro::discovery
