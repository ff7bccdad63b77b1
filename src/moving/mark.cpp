#include "moving/mark.h"

namespace maestro::moving {

std::string Mark::write() const {
  json::Array rows;
  for (const Tally& tally : tallies) rows.push_back(json::Array{tally.read, tally.moved, tally.refused, tally.left});
  return json::write(json::Object{{"dump", dump},
                                  {"without_credentials", without_credentials},
                                  {"began", to_ms(began)},
                                  {"stage", static_cast<std::int64_t>(stage)},
                                  {"collection", collection},
                                  {"next", next},
                                  {"schedules", schedules},
                                  {"tallies", std::move(rows)}});
}

Result<Mark> Mark::read(std::string_view text) {
  TRY_ASSIGN(const json::Value value, json::parse(text));
  const json::Object* object = value.if_object();
  const json::Value* rows = object == nullptr ? nullptr : object->if_contains("tallies");
  if (rows == nullptr || !rows->is_array()) return internal("What the store says about its move cannot be read");
  Mark out{.dump = std::string(json::text_or(*object, "dump")),
           .without_credentials = json::bool_or(*object, "without_credentials"),
           .began = from_ms(json::int_or(*object, "began")),
           .stage = static_cast<Stage>(json::int_or(*object, "stage")),
           .collection = static_cast<std::size_t>(json::int_or(*object, "collection")),
           .next = json::int_or(*object, "next"),
           .schedules = json::int_or(*object, "schedules"),
           .tallies = {}};
  for (const json::Value& row : rows->get_array()) {
    const auto at = [&](std::size_t i) {
      const json::Value* number = row.is_array() ? row.get_array().if_contains(i) : nullptr;
      return number != nullptr && number->is_int64() ? number->get_int64() : 0;
    };
    out.tallies.push_back({.read = at(0), .moved = at(1), .refused = at(2), .left = at(3)});
  }
  return out;
}

Result<std::optional<Mark>> find_mark(const Context& context, store::Store& store) {
  TRY_ASSIGN(const auto text, store.vault().value(context, Mark::kName));
  if (!text) return std::optional<Mark>();
  TRY_ASSIGN(Mark mark, Mark::read(*text));
  return std::optional(std::move(mark));
}

}  // namespace maestro::moving
