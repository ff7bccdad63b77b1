// The search table: one row a document, with what a search finds it by; addresses apart, as ranges.
#pragma once

#include "store/search_text.h"
#include "store_sql/core.h"

namespace maestro::store_sql {

/// Writes what the search finds a new document by.
Result<void> add_to_search(Session& session, const Table& table, const store::Document& document);
/// Brings it in line with a change; touches nothing when nothing that it keeps has changed.
Result<void> update_search(Session& session, const Table& table, const store::Document& before,
                           const store::Document& after);
/// Removes what the search finds a document by.
Result<void> remove_from_search(Session& session, const store::Document& document);
/// Removes the rows of a kind, to be written again.
Result<void> clear_search(Session& session, const Table& table);

/// The trigrams of a text, at most `most` of them, spread over it; empty below three characters.
std::vector<std::string> trigrams(std::string_view text, std::size_t most);

}  // namespace maestro::store_sql
