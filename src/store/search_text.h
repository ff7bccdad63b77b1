// What a search finds a document by: names, ids, tags, addresses.
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "store/types.h"

namespace maestro::store {

struct SearchText {
  std::string text;                  ///< lines in lower case (ASCII), the name first; none twice
  std::vector<IpNetwork> addresses;  ///< every address and network anywhere in the body
};
/// Texts of indexed fields, tags as key=value, and whatever looks like an address, a network or a MAC. Of entities that
/// everybody sees whole, only what their list shows.
SearchText search_text(const Document& document);
/// False = the search texts of two states of one document are the same, to the byte. Cheaper than to make them.
bool may_search_differ(const Document& before, const Document& after);
/// Changes when search texts must be made again.
std::string search_signature(const model::Entity& entity);

/// A column whose texts are whole lines of the search text.
bool is_searched(const model::Entity& entity, std::string_view path);

/// How well a text of search_text() answers the words (in lower case): higher is better, 0 = not all of them occur.
/// `match` becomes the line that answers best.
int rank(std::string_view text, const std::vector<std::string>& words, std::string_view& match);

}  // namespace maestro::store
