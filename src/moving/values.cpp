#include "moving/values.h"

#include "base/text.h"

namespace maestro::moving {
namespace {

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

std::string_view month_number(std::string_view word) {
  static constexpr std::string_view kNumbers[] = {"01", "02", "03", "04", "05", "06",
                                                  "07", "08", "09", "10", "11", "12"};
  for (std::size_t i = 0; i < std::size(kMonths); ++i)
    if (text::iequals(word, kMonths[i])) return kNumbers[i];
  return {};
}

std::string two_digits(std::string_view text) { return text.size() == 1 ? "0" + std::string(text) : std::string(text); }

/// "Tue Jul 21 2020 18:37:44 GMT+0000 (UTC)" and "Tue, 21 Jul 2020 18:37:44 GMT".
std::optional<Time> read_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : text::split(text, ' '))
    if (!word.empty()) words.push_back(word);
  if (words.size() < 5) return std::nullopt;
  const bool mail = words[0].ends_with(',');
  const std::string_view month = month_number(mail ? words[2] : words[1]);
  if (month.empty()) return std::nullopt;
  std::string zone = "Z";
  if (words.size() > 5) {
    std::string_view given = words[5];
    if (given.starts_with("GMT") || given.starts_with("UTC")) given.remove_prefix(3);
    if (!given.empty()) zone = given;
  }
  return parse_iso(
      fmt::format("{}-{}-{}T{}{}", words[3], month, two_digits(mail ? words[1] : words[2]), words[4], zone));
}

}  // namespace

std::optional<Time> read_time(const json::Value& value) {
  if (value.is_string()) {
    const std::string_view text = text::trim(value.get_string());
    if (const auto iso = parse_iso(text)) return iso;
    return read_words(text);
  }
  if (value.is_object()) {
    const json::Value* inner = value.get_object().if_contains("$date");
    return inner == nullptr || inner->is_object() ? std::nullopt : read_time(*inner);
  }
  if (!value.is_number()) return std::nullopt;
  const auto number = value.to_number<double>();
  if (!(number > 0) || number > 253'402'300'799'999.0) return std::nullopt;
  // No Maestro is older than its first second of 1973 in milliseconds, and none reaches the year 5138 in seconds.
  return from_ms(static_cast<std::int64_t>(number < 1e11 ? number * 1000 : number));
}

std::optional<ObjectId> read_id(const json::Value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return ObjectId::parse(value->get_string());
}

Time time_of(const ObjectId& id) {
  std::uint32_t seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) seconds = (seconds << 8) | id.bytes()[i];
  return from_ms(std::int64_t{seconds} * 1000);
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

}  // namespace maestro::moving
