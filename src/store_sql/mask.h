// Mask: which documents of a kind match, and the loops over all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace maestro::store_sql {

/// A byte a document: 1 = matches.
using Mask = std::vector<unsigned char>;

/// mask[i] = answer(i), in a loop that the compiler can turn into vector instructions: bytes may alias anything, so the
/// address and the end of the mask stand in locals. `answer` should hold addresses, not references to vectors.
template <typename Answer>
void fill_mask(Mask& mask, const Answer& answer) {
  unsigned char* const out = mask.data();
  const std::size_t size = mask.size();
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(answer(i));
}
/// The same for mask[i] & answer(i) and mask[i] | answer(i).
template <typename Answer>
void and_mask(Mask& mask, const Answer& answer) {
  unsigned char* const out = mask.data();
  const std::size_t size = mask.size();
  for (std::size_t i = 0; i < size; ++i) out[i] &= static_cast<unsigned char>(answer(i));
}
template <typename Answer>
void or_mask(Mask& mask, const Answer& answer) {
  unsigned char* const out = mask.data();
  const std::size_t size = mask.size();
  for (std::size_t i = 0; i < size; ++i) out[i] |= static_cast<unsigned char>(answer(i));
}

/// Calls `use` with each set place, the last one first if `backwards`; eight empty places cost one look.
template <typename Use>
void each_set(const Mask& mask, bool backwards, const Use& use) {
  const unsigned char* const bytes = mask.data();
  const auto is_empty = [bytes](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + at, sizeof word);
    return word == 0;
  };
  if (backwards) {
    for (std::size_t end = mask.size(); end > 0;) {
      if (end >= 8 && is_empty(end - 8)) {
        end -= 8;
        continue;
      }
      for (std::size_t left = std::min<std::size_t>(8, end); left > 0; --left)
        if (bytes[--end] != 0) use(end);
    }
    return;
  }
  for (std::size_t at = 0; at < mask.size();) {
    if (at + 8 <= mask.size() && is_empty(at)) {
      at += 8;
      continue;
    }
    for (std::size_t left = std::min<std::size_t>(8, mask.size() - at); left > 0; --left, ++at)
      if (bytes[at] != 0) use(at);
  }
}

}  // namespace maestro::store_sql
