#include "discovery/engine.h"

#include "base/text.h"
#include "discovery/work.h"

namespace maestro::discovery {
namespace {

/// Spreads retries without a random source, so that a test sees the same pauses.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

Result<void> Engine::handle(const Context& context, const store::Job& job) {
  if (job.type == kPlanJob) return plan(*this, context, job);
  if (job.type == kScopeJob) return read_scope(*this, context, job);
  if (job.type == kForgetJob) return forget(*this, context, job);
  return internal("No job of discovery: " + job.type);
}

bool Engine::is_canceled(const Context& context, const store::Job& job) {
  const ObjectId run = payload_id(job, "run");
  if (!run) return false;
  const auto found = store_.ledger().find_run(context, run);
  if (!found.ok()) return false;
  return !*found || (*found)->cancel_requested || is_final((*found)->state);
}

Context acting(const Context& context, const store::Document& connection, const ObjectId& run) {
  Context out = context;
  out.stop = {};
  out.deadline = Time::max();
  out.actor = {.principal = {Principal::Kind::kConnection, connection.id},
               .name = std::string(json::text_or(connection.body, "name")),
               .email = {},
               .user = {},
               .run = run};
  return out;
}

Millis backoff(const Options& options, int attempt, std::uint64_t seed, long long asked_ms) {
  long long pause = options.backoff.count();
  for (int i = 1; i < attempt && pause < options.longest_backoff.count(); ++i) pause *= 2;
  pause = std::min<long long>(pause, options.longest_backoff.count());
  // Half of it fixed, half of it spread: scopes that failed together do not come back together.
  const std::uint64_t spread = mix(seed * 31 + static_cast<std::uint64_t>(attempt)) % 1000;
  pause = pause / 2 + pause * static_cast<long long>(spread) / 2000;
  return Millis(std::max(pause, std::min(asked_ms, 3'600'000LL)));
}

bool may_pass(Code code) { return code == Code::kThrottled || code == Code::kUnavailable; }

std::string hint(Code code, const provider::Resource* resource) {
  switch (code) {
    case Code::kUnauthenticated:
      return "Check the credentials of the connection and enter them again.";
    case Code::kForbidden:
      if (resource != nullptr && !resource->permissions.empty())
        return "The credentials need these permissions: " + text::join(resource->permissions, ", ");
      return "The credentials lack a permission.";
    case Code::kInvalid:
      return "Check endpoint, project and regions of the connection.";
    case Code::kThrottled:
      return "The provider limits how often it may be asked; the next run tries again.";
    case Code::kUnavailable:
      return "The provider could not be reached or did not answer; the next run tries again.";
    default:
      return {};
  }
}

ObjectId payload_id(const store::Job& job, std::string_view name) {
  return ObjectId::parse(json::text_or(job.payload, name)).value_or(ObjectId());
}

std::string region_word(std::string_view stored) {
  const std::string_view trimmed = text::trim(stored);
  const std::string_view word = trimmed.substr(0, trimmed.find(' '));
  return text::iequals(word, "all") ? std::string() : std::string(word);
}

Result<void> drop_job(Engine& engine, const Context& context, const store::Job& job) {
  return engine.store().write(context, store::Store::Priority::kBulk, [&](store::Transaction& tx) -> Result<void> {
    TRY(engine.store().ledger().check_lease(tx, job));
    return engine.store().ledger().finish_job(tx, job);
  });
}

}  // namespace maestro::discovery
