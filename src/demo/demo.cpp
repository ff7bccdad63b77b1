#include "demo/demo.h"

#include "base/crypto.h"
#include "base/text.h"
#include "demo/estate.h"
#include "demo/story.h"

namespace maestro::demo {
namespace {

/// Beside the documents, in the transaction that writes them: how far the story has been told.
constexpr const char* kMark = "demo_data";

struct Mark {
  json::Object options;
  std::int64_t next = 0;  ///< session
  bool done = false;
  std::string hash = std::string(64, '0');
  std::vector<Tally> tallies;
};

json::Object options_of(const Estate& estate) {
  return {{"documents", estate.options().documents},
          {"seed", std::to_string(estate.options().seed)},
          {"access_sets", estate.options().access_sets},
          {"until", to_iso(estate.until())}};
}

std::string write_mark(const Mark& mark) {
  json::Array tallies;
  for (const Tally& tally : mark.tallies) tallies.push_back(json::Array{tally.documents, tally.deleted, tally.history});
  return json::write(json::Object{{"options", mark.options},
                                  {"next", mark.next},
                                  {"done", mark.done},
                                  {"hash", mark.hash},
                                  {"tallies", std::move(tallies)}});
}

Result<Mark> read_mark(std::string_view text) {
  TRY_ASSIGN(const json::Value value, json::parse(text));
  const auto* object = value.if_object();
  const json::Value* options = object == nullptr ? nullptr : object->if_contains("options");
  const json::Value* tallies = object == nullptr ? nullptr : object->if_contains("tallies");
  if (options == nullptr || !options->is_object() || tallies == nullptr || !tallies->is_array())
    return internal("What the store says about its demo data cannot be read");
  Mark mark{.options = options->get_object(),
            .next = json::int_or(*object, "next"),
            .done = json::bool_or(*object, "done"),
            .hash = std::string(json::text_or(*object, "hash")),
            .tallies = {}};
  for (const json::Value& row : tallies->get_array()) {
    const auto at = [&](std::size_t i) {
      return row.is_array() && i < row.get_array().size() && row.get_array()[i].is_int64()
                 ? row.get_array()[i].get_int64()
                 : 0;
    };
    mark.tallies.push_back({.documents = at(0), .deleted = at(1), .history = at(2)});
  }
  mark.tallies.resize(kinds().size());
  return mark;
}

std::string describe(const json::Object& options) {
  return fmt::format("{} documents, seed {}, {} access sets, until {}", json::int_or(options, "documents"),
                     json::text_or(options, "seed"), json::int_or(options, "access_sets"),
                     json::text_or(options, "until"));
}

/// Where to go on. Refuses a store that holds anything else.
Result<Mark> start(store::Store& store, const Context& context, const Estate& estate) {
  TRY_ASSIGN(const auto text, store.vault().value(context, kMark));
  if (text) {
    TRY_ASSIGN(Mark mark, read_mark(*text));
    if (mark.done) return conflict(fmt::format("This instance is filled already: {}", describe(mark.options)));
    if (json::canonical(mark.options) != json::canonical(options_of(estate))) {
      return conflict(
          fmt::format("This instance is half filled ({}): run it with those options again, or choose another folder",
                      describe(mark.options)));
    }
    return mark;
  }
  for (const model::Entity* entity : model::entities()) {
    // Options and catalogues come with every instance.
    if (entity->administered) continue;
    TRY_ASSIGN(
        const std::int64_t count,
        store.documents().count(context, {.entity = entity, .viewer = {.everything = true}, .active = std::nullopt}));
    if (count != 0) {
      return conflict(
          fmt::format("This instance holds {} already: demo data goes into an empty one, because its "
                      "passwords are published",
                      text::lower(entity->label_plural)));
    }
  }
  Mark mark;
  mark.options = options_of(estate);
  mark.tallies.resize(kinds().size());
  return mark;
}

Summary sum_up(const Estate& estate, const Mark& mark, std::int64_t already) {
  Summary out;
  for (std::size_t i = 0; i < kinds().size(); ++i) {
    const Tally& tally = mark.tallies[i];
    out.kinds.push_back(
        {.kind = kinds()[i]->entity, .documents = tally.documents, .deleted = tally.deleted, .history = tally.history});
    out.documents += tally.documents;
    out.deleted += tally.deleted;
    out.history += tally.history;
  }
  out.access_sets = estate.access().count();
  out.already = already;
  out.hash = mark.hash;
  return out;
}

}  // namespace

Result<void> check(const Options& options) {
  TRY(Estate::make(options));
  return {};
}

Result<Summary> fill(store::Store& store, FakeClock& clock, const Context& context, const Options& options,
                     const OnProgress& on_progress) {
  TRY_ASSIGN(const auto estate, Estate::make(options));
  TRY_ASSIGN(Mark mark, start(store, context, *estate));
  const auto story = sessions(*estate);
  Teller teller(store, *estate, auth::hash_password(options.password, options.cost));
  std::int64_t done = 0;
  for (const Tally& tally : mark.tallies) done += tally.documents;
  const std::int64_t already = done;
  while (!mark.done) {
    if (context.stopped()) return unavailable("Stopped before the demo data was complete; run it again to carry on");
    const Session& session = story[static_cast<std::size_t>(mark.next)];
    const auto indexes = teller.touched(session);
    const bool last = mark.next + 1 == static_cast<std::int64_t>(story.size());
    if (indexes.empty() && !last) {
      ++mark.next;
      continue;
    }
    clock.advance(session.at - clock.now());
    Mark after;
    TRY(store.write(teller.acting(context, session), store::Store::Priority::kBulk,
                    [&](store::Transaction& tx) -> Result<void> {
                      after = mark;
                      std::string text;
                      TRY(teller.tell(tx, session, indexes, after.tallies[estate->slices()[session.slice].kind], text));
                      after.hash = text::to_hex(crypto::sha256(after.hash + text));
                      ++after.next;
                      after.done = last;
                      return store.vault().set_value(tx, kMark, write_mark(after));
                    }));
    teller.committed();
    done += session.round == 0 ? static_cast<std::int64_t>(indexes.size()) : 0;
    mark = std::move(after);
    if (on_progress) on_progress({.done = done, .of = options.documents});
  }
  TRY(store.tend(context));
  return sum_up(*estate, mark, already);
}

}  // namespace maestro::demo
