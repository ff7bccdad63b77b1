// The columns of MemoryTable that hold texts.
#include <limits>

#include "base/text.h"
#include "store_sql/memory_table.h"

namespace maestro::store_sql {
namespace {

constexpr std::size_t kFewCodes = 8;  // so many comparisons are faster than a look into a table

/// The first bytes of a text as a number: where it differs, the texts differ in the same way.
std::uint64_t head_of(std::string_view text) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i)
    out = out << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint64_t{0});
  return out;
}

}  // namespace

void MemoryTable::Codes::resize(std::size_t size) {
  if (is_wide_)
    wide_.resize(size);
  else
    narrow_.resize(size);
}

void MemoryTable::Codes::set(std::size_t slot, std::uint32_t code) {
  if (!is_wide_ && code > std::numeric_limits<std::uint8_t>::max()) {
    wide_.assign(narrow_.begin(), narrow_.end());
    narrow_ = {};
    is_wide_ = true;
  }
  if (is_wide_)
    wide_[slot] = code;
  else
    narrow_[slot] = static_cast<std::uint8_t>(code);
}

void MemoryTable::Codes::keep(const std::vector<unsigned char>& answers, Mask& mask) const {
  std::vector<std::uint32_t> wanted;
  for (std::size_t code = 0; code < answers.size() && wanted.size() <= kFewCodes; ++code)
    if (answers[code] != 0) wanted.push_back(static_cast<std::uint32_t>(code));
  visit([&](const auto& of) {
    using Code = typename std::decay_t<decltype(of)>::value_type;
    if (wanted.size() > kFewCodes) {
      fill_mask(mask, [all = of.data(), table = answers.data()](std::size_t i) { return table[all[i]]; });
      return;
    }
    std::fill(mask.begin(), mask.end(), 0);
    for (const std::uint32_t each : wanted)
      or_mask(mask, [all = of.data(), code = static_cast<Code>(each)](std::size_t i) { return all[i] == code; });
  });
}

void MemoryTable::Dictionary::set(std::size_t slot, const std::optional<std::string_view>& text) {
  if (!text) {
    of.set(slot, 0);
    return;
  }
  const auto [known, fresh] = codes.try_emplace(std::string(*text), static_cast<std::uint32_t>(values.size()));
  if (fresh) values.emplace_back(*text);
  of.set(slot, known->second);
}

void MemoryTable::Texts::resize(std::size_t size) {
  start.resize(size);
  head.resize(size);
}

void MemoryTable::Texts::set(std::size_t slot, const std::optional<std::string_view>& text) {
  capitals.erase(slot);
  start[slot] = 0;
  head[slot] = text ? head_of(*text) : 0;
  if (!text) return;
  const std::string folded = text::lower(*text);
  start[slot] = lower.size();
  if (folded != *text) {
    capitals.emplace(slot, *text);
    start[slot] |= kCapitals;
  }
  order.emplace_back(lower.size(), static_cast<std::uint32_t>(slot));
  lower += folded;
  lower += '\0';
  if (order.size() > 1000 && order.size() > start.size() + start.size() / 2) compact();
}

std::optional<std::string_view> MemoryTable::Texts::get(std::size_t slot) const {
  const std::uint64_t at = start[slot];
  if (at == 0) return std::nullopt;
  if ((at & kCapitals) != 0) return std::string_view(capitals.at(slot));
  return std::string_view(lower.c_str() + at);
}

void MemoryTable::Texts::compact() {
  Texts fresh;
  fresh.start.resize(start.size());
  for (std::size_t slot = 0; slot < start.size(); ++slot) {
    if (start[slot] == 0) continue;
    fresh.start[slot] = fresh.lower.size() | (start[slot] & kCapitals);
    fresh.order.emplace_back(fresh.lower.size(), static_cast<std::uint32_t>(slot));
    fresh.lower += lower.c_str() + (start[slot] & ~kCapitals);
    fresh.lower += '\0';
  }
  fresh.head = std::move(head);
  fresh.capitals = std::move(capitals);
  *this = std::move(fresh);
}

}  // namespace maestro::store_sql
