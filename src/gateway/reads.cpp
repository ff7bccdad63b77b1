#include "auth/token.h"
#include "gateway/form.h"
#include "gateway/gateway.h"

namespace maestro::gateway {

using json::Object;

Result<store::Viewer> Gateway::viewer(const Context& context, const model::Entity& entity,
                                      const std::optional<Holder>& holder) {
  if (!holder || entity.access == model::Access::kNone) return store::Viewer{.everything = true};
  // An id does not say whether it is a team's or a person's.
  auto kind = Principal::Kind::kUser;
  if (const model::Entity* teams = model::find_entity("teams")) {
    TRY_ASSIGN(const auto team, parts_.store.documents().find(context, *teams, holder->id));
    if (team) kind = Principal::Kind::kTeam;
  }
  return store::Viewer{.everything = false, .readers = {{kind, holder->id}}, .role = holder->role};
}

Result<Object> Gateway::show(const Context& context, const store::Document& document) {
  Object out = peer_document(document, *parts_.store.documents().access(document.access));
  if (!parts_.shows_credentials || std::string_view(document.entity->name) != "connections") return out;
  TRY_ASSIGN(const auto sealed, parts_.store.vault().secret(context, document.id));
  if (!sealed) return out;
  TRY_ASSIGN(const std::string plain, parts_.keyring.open(*sealed, auth::connection_context(document.id)));
  out["conn"] = auth::sign_token(parts_.envelope_secret, json::parse_trusted(plain).get_object());
  return out;
}

Result<Gateway::Page> Gateway::list(const Context& context, const model::Entity& entity, const Query& query,
                                    std::size_t limit, std::size_t page) {
  store::ListSpec spec{.entity = &entity, .filter = query.filter, .active = std::nullopt};
  TRY_ASSIGN(spec.viewer, viewer(context, entity, query.holder));
  spec.sort = "_id";
  spec.descending = false;
  spec.limit = std::min(limit, parts_.max_rows);
  spec.offset = (page - 1) * spec.limit;
  TRY_ASSIGN(const store::ListPage found, parts_.store.documents().list(context, spec));
  Page out{.items = {}, .found = found.total};
  out.items.reserve(found.items.size());
  std::size_t bytes = 0;
  for (const store::ListItem& item : found.items) {
    if (context.stopped()) return unavailable("The listing took too long: ask for smaller pages");
    TRY_ASSIGN(auto document, find(context, entity, item.id));
    if (!document) continue;
    // The list text is a part of what is shown: enough to tell a page that has grown out of hand.
    if ((bytes += item.text.size()) > parts_.max_bytes) return invalid("The page is too large: ask for a smaller one");
    out.items.push_back(std::move(*document));
  }
  return out;
}

Result<std::optional<Object>> Gateway::find(const Context& context, const model::Entity& entity, const ObjectId& id) {
  TRY_ASSIGN(const auto document, parts_.store.documents().find(context, entity, id));
  if (!document) return std::optional<Object>();
  TRY_ASSIGN(Object shown, show(context, *document));
  return std::optional(std::move(shown));
}

Result<std::vector<Object>> Gateway::aggregate(const Context& context, const model::Entity& entity,
                                               const Pipeline& pipeline) {
  const Fetch fetch = [&](const model::Entity& joined) -> Result<std::vector<Object>> {
    Query all;
    all.holder = pipeline.first.holder;
    TRY_ASSIGN(Page page, list(context, joined, all, parts_.max_rows, 1));
    if (page.found > static_cast<std::int64_t>(parts_.max_rows))
      return invalid(fmt::format("There are too many {} to be joined", joined.collection));
    return std::move(page.items);
  };
  TRY_ASSIGN(Page rows, list(context, entity, pipeline.first, parts_.max_rows, 1));
  if (rows.found > static_cast<std::int64_t>(parts_.max_rows))
    return invalid(fmt::format("The first stage finds more than {} documents", parts_.max_rows));
  return run_stages(context, pipeline.stages, std::move(rows.items), fetch, {.rows = parts_.max_rows});
}

Result<bool> Gateway::set_state(const Context& context, const ObjectId& connection, const std::string& task,
                                const std::string& state, const std::string& message) {
  bool known = false;
  TRY(parts_.store.write(context, store::Store::Priority::kInteractive, [&](store::Transaction& tx) -> Result<void> {
    TRY_ASSIGN(const auto found, parts_.store.documents().find(tx, *model::find_entity("connections"), connection));
    known = found.has_value();
    if (!known) return {};
    store::Document after = *found;
    json::Value& process = after.body["process"];
    if (!process.is_object()) process.emplace_object();
    process.get_object()[task] = Object{{"state", state}, {"msg", message}};
    return parts_.store.documents().update(tx, *found, after, {});
  }));
  return known;
}

}  // namespace maestro::gateway
