// The list parameters of existing clients (spec 3): limit, page, orderBy, ascending, query, plain keys; and ours:
// field[op], or, not, sort, count, fields, columns, cursor, inactive, scope.
#pragma once

#include "api/call.h"
#include "store/types.h"

namespace maestro::api {

struct ListQuery {
  store::ListSpec spec;
  json::Value limit_echo;  ///< as the envelope shows it: text when the client sent one, else a number
  json::Value page_echo;
  std::size_t page = 1;
  /// ?columns=status,cpu: further declared paths; each item then has `columns` with their values.
  std::vector<std::string> columns = {};
  /// ?fields=name,cpu: items hold these paths alone, see sparse_fields.h.
  std::vector<std::string> fields = {};
  bool says_count = false;     ///< ?count= was given: the envelope states how good `found` is
  std::string since = {};      ///< goes before each cursor: the moment that the filter's relative times count from
  std::string as_of = {};      ///< of a list as of an earlier time: the instant, ISO
  bool with_inactive = false;  ///< ?inactive=true: soft-deleted rows too, each item then states `active`
};

/// What of a list's parameters counts.
enum class ListUse {
  kPage,    ///< all
  kFilter,  ///< which documents; not how many of them, in which order and with which fields
  kPast,    ///< all, as of an earlier time; elsewhere `as_of` is refused
};
/// Reads the parameters of a call for a list of `entity` as `context.actor` may see it.
/// 404 for a malformed id in a plain `_id` or relation; 422 with every violation of the new parameters.
Result<ListQuery> parse_list_query(const Call& call, const model::Entity& entity, std::size_t default_limit = 20,
                                   ListUse use = ListUse::kPage);

/// Appends an item as lists show it, roles included, without its closing brace: more members may follow.
void append_item(Call& call, const model::Entity& entity, const store::ListItem& item, std::string& body);

/// The envelope {found, limit, total_pages, current_page, items, _links, cursor} of one page.
Result<Answer> list_answer(Call& call, const model::Entity& entity, const ListQuery& query,
                           const store::ListPage& page);

/// A page that lies behind the last one: the original answers 404 "Data not found".
bool is_beyond(const ListQuery& query, const store::ListPage& page);

/// LIST and COUNT (spec 3.4, 3.6) for any entity.
Result<Answer> list_entity(Call& call, const model::Entity& entity, std::size_t default_limit = 20);
Result<Answer> count_entity(Call& call, const model::Entity& entity);
/// AUTOCOMPLETE (spec 3.7): a list by `complete` alone; 404 without it.
Result<Answer> autocomplete_entity(Call& call, const model::Entity& entity);

}  // namespace maestro::api
