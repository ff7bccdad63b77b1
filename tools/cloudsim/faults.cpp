#include "cloudsim/faults.h"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>

namespace maestro::cloudsim {

namespace {

struct KindRow {
  const char* name;
  FaultKind kind;
  std::int64_t delay_ms;  ///< when the description names none
};

constexpr KindRow kKinds[] = {
    {"throttle", FaultKind::kThrottle, 0},
    {"forbidden", FaultKind::kForbidden, 0},
    {"error500", FaultKind::kError500, 0},
    {"timeout", FaultKind::kTimeout, 60'000},
    {"slow", FaultKind::kSlow, 5'000},
    {"truncated", FaultKind::kTruncated, 0},
    {"malformed", FaultKind::kMalformed, 0},
    {"expired_token", FaultKind::kExpiredToken, 0},
    {"duplicate_page", FaultKind::kDuplicatePage, 0},
    {"empty_page", FaultKind::kEmptyPage, 0},
    {"drop_connection", FaultKind::kDropConnection, 0},
    {"repeat_token", FaultKind::kRepeatToken, 0},
};

bool needs_listing(FaultKind kind) {
  return kind == FaultKind::kDuplicatePage || kind == FaultKind::kEmptyPage || kind == FaultKind::kRepeatToken;
}

std::string at_text(const Fault& fault) {
  switch (fault.at) {
    case Fault::At::kAny:
      return "any";
    case Fault::At::kFirst:
      return "first";
    case Fault::At::kMiddle:
      return "middle";
    case Fault::At::kLast:
      return "last";
    case Fault::At::kNumber:
      break;
  }
  return fmt::format("{}", fault.number);
}

Result<void> read_page(const json::Object& description, Fault& fault) {
  const json::Value* value = description.if_contains("page");
  const std::string word = value == nullptr ? "any" : json::scalar_text(*value);
  for (const Fault::At at : {Fault::At::kAny, Fault::At::kFirst, Fault::At::kMiddle, Fault::At::kLast}) {
    fault.at = at;
    if (at_text(fault) == word) return {};
  }
  fault.at = Fault::At::kNumber;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), fault.number);
  if (error != std::errc() || end != word.data() + word.size() || fault.number == 0) {
    return invalid(fmt::format("page is first, middle, last, any or a number from 1, not \"{}\"", word));
  }
  return {};
}

bool is_there(const Fault& fault, const Place& place) {
  if (needs_listing(fault.kind) && !place.listing) return false;
  if (fault.kind == FaultKind::kDuplicatePage && place.first()) return false;  // there is no page before it
  switch (fault.at) {
    case Fault::At::kAny:
      return true;
    case Fault::At::kFirst:
      return place.first();
    case Fault::At::kMiddle:
      return place.middle();
    case Fault::At::kLast:
      return place.last();
    case Fault::At::kNumber:
      return place.page == fault.number;
  }
  return false;
}

/// Waits unless the client goes away or the server stops.
void hold(Millis delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, delay, [] { return false; });
}

/// Gives a first part and then breaks off.
class CutBody final : public http::BodySource {
 public:
  explicit CutBody(std::string part) : part_(std::move(part)) {}
  std::optional<std::string> next() override {
    if (part_.empty()) return std::nullopt;
    return std::exchange(part_, {});
  }
  bool failed() const override { return true; }

 private:
  std::string part_;
};

/// Gives the body in small parts with pauses.
class SlowBody final : public http::BodySource {
 public:
  SlowBody(std::string body, Millis duration, std::stop_token stop)
      : body_(std::move(body)), pause_(duration / kParts), stop_(std::move(stop)) {}
  std::optional<std::string> next() override {
    if (at_ >= body_.size()) return std::nullopt;
    if (at_ != 0) hold(pause_, stop_);
    std::string part = body_.substr(at_, body_.size() / kParts + 1);
    at_ += part.size();
    return part;
  }

 private:
  static constexpr int kParts = 10;
  const std::string body_;
  const Millis pause_;
  const std::stop_token stop_;
  std::size_t at_ = 0;
};

}  // namespace

const char* cloud_name(Cloud cloud) { return cloud == Cloud::kAws ? "aws" : "openstack"; }

std::optional<Cloud> cloud_from_name(std::string_view name) {
  if (name == "aws") return Cloud::kAws;
  if (name == "openstack") return Cloud::kOpenStack;
  return std::nullopt;
}

const char* fault_name(FaultKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

Result<std::uint64_t> Faults::add(const json::Object& description) {
  for (const auto& member : description) {
    constexpr std::string_view kKnown[] = {"cloud", "action", "kind", "page", "region", "times", "delay_ms"};
    if (std::find(std::begin(kKnown), std::end(kKnown), std::string_view(member.key())) == std::end(kKnown)) {
      return invalid(fmt::format("a fault has no \"{}\"", std::string_view(member.key())));
    }
  }
  Fault fault;
  const auto cloud = cloud_from_name(json::text_or(description, "cloud"));
  if (!cloud) return invalid("cloud is \"aws\" or \"openstack\"");
  fault.cloud = *cloud;
  const std::string_view kind = json::text_or(description, "kind");
  const auto* row =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindRow& one) { return kind == one.name; });
  if (row == std::end(kKinds)) {
    std::string names;
    for (const KindRow& one : kKinds) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
    return invalid(fmt::format("kind is one of {}", names));
  }
  fault.kind = row->kind;
  fault.action = json::text_or(description, "action", "*");
  fault.region = json::text_or(description, "region");
  TRY(read_page(description, fault));
  const std::int64_t times = json::int_or(description, "times", 1);
  const std::int64_t delay = json::int_or(description, "delay_ms", row->delay_ms);
  if (times < 0 || delay < 0) return invalid("times and delay_ms are not negative");
  fault.times = static_cast<std::uint64_t>(times);
  fault.delay = Millis(delay);
  const std::lock_guard lock(mutex_);
  fault.id = ++last_id_;
  faults_.push_back(std::move(fault));
  return last_id_;
}

bool Faults::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(faults_, [id](const Fault& one) { return one.id == id; }) != 0;
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

json::Array Faults::list() const {
  const std::lock_guard lock(mutex_);
  json::Array out;
  for (const Fault& fault : faults_) {
    out.push_back({{"id", fault.id},
                   {"cloud", cloud_name(fault.cloud)},
                   {"action", fault.action},
                   {"region", fault.region},
                   {"kind", fault_name(fault.kind)},
                   {"page", at_text(fault)},
                   {"times", fault.times},
                   {"hits", fault.hits},
                   {"delay_ms", fault.delay.count()}});
  }
  return out;
}

std::optional<Fault> Faults::take(Cloud cloud, std::string_view action, std::string_view region, const Place& place) {
  const std::lock_guard lock(mutex_);
  for (Fault& fault : faults_) {
    if (fault.cloud != cloud || (fault.action != "*" && fault.action != action)) continue;
    if ((!fault.region.empty() && fault.region != region) || !is_there(fault, place)) continue;
    if (fault.times != 0 && fault.hits >= fault.times) continue;  // stays listed, so that its hits can be read
    ++fault.hits;
    return fault;
  }
  return std::nullopt;
}

http::Reply deliver(http::Reply reply, const std::optional<Fault>& fault, const std::stop_token& stop) {
  if (!fault) return reply;
  if (fault->kind == FaultKind::kSlow) {
    reply.source = std::make_unique<SlowBody>(std::exchange(reply.body, {}), fault->delay, stop);
    return reply;
  }
  if (fault->delay.count() > 0) hold(fault->delay, stop);
  switch (fault->kind) {
    case FaultKind::kTruncated:
      reply.body.resize(reply.body.size() * 2 / 3);
      reply.source = std::make_unique<CutBody>(std::exchange(reply.body, {}));
      break;
    case FaultKind::kDropConnection:
      reply.body.clear();
      reply.source = std::make_unique<CutBody>(std::string());
      break;
    case FaultKind::kMalformed:
      reply.body.resize(reply.body.size() * 2 / 3);
      reply.body += "<&\"";
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace maestro::cloudsim
