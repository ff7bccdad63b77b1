// Transports for tests: one that a function answers, one that replays the recorded answers of a pack's fixture folder.
#pragma once

#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <vector>

#include "json/json.h"
#include "provider/clouds.h"
#include "provider/provider.h"
#include "provider/transport.h"

namespace maestro::provider::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Method, URL, headers and body as one text to look for words in.
inline std::string call_text(const HttpCall& call) {
  std::string out = call.method + " " + call.url + "\n";
  for (const auto& [name, value] : call.headers) out.append(name).append(": ").append(value).append("\n");
  return out + "\n" + call.body;
}

class ScriptedTransport : public Transport {
 public:
  using Script = std::function<Result<HttpAnswer>(const HttpCall&, int number)>;
  explicit ScriptedTransport(Script script) : script_(std::move(script)) {}
  Result<HttpAnswer> send(const Context&, const HttpCall& call) override {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = static_cast<int>(calls_.size());
      calls_.push_back(call_text(call));
    }
    return script_(call, number);
  }
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::size_t count(const std::string& word) const {
    const std::lock_guard lock(mutex_);
    std::size_t out = 0;
    for (const std::string& call : calls_) out += call.find(word) != std::string::npos ? 1U : 0U;
    return out;
  }

 private:
  Script script_;
  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

inline Connection connection_from(const json::Object& from) {
  Connection out;
  out.id = ObjectId::parse(json::text_or(from, "id")).value_or(ObjectId());
  out.name = json::text_or(from, "name");
  out.provider = json::text_or(from, "provider");
  out.service = json::text_or(from, "service");
  out.datacenter = json::text_or(from, "dc");
  out.datacenter_id = json::text_or(from, "dc_id");
  out.url = json::text_or(from, "url");
  out.project = json::text_or(from, "project");
  out.user_domain_id = json::text_or(from, "user_domain_id");
  for (const json::Value& region : from.at("regions").as_array()) out.regions.emplace_back(region.as_string());
  out.credentials = from.at("credentials").as_object();
  return out;
}

/// A folder with replay.json: {connection, region, answers: [{has, lacks, status, headers, file}]}.
struct Fixture {
  explicit Fixture(const std::string& folder_path) : folder(folder_path) {
    script = json::parse_trusted(read_file(folder + "/replay.json")).as_object();
    connection = connection_from(script.at("connection").as_object());
    region = json::text_or(script, "region");
  }
  Result<HttpAnswer> answer(const HttpCall& call) const {
    const std::string text = call_text(call);
    const auto says = [&](const json::Object& rule, const char* key, bool wanted) {
      const json::Value* words = rule.if_contains(key);
      if (words == nullptr) return true;
      for (const json::Value& word : words->as_array())
        if ((text.find(std::string_view(word.as_string())) != std::string::npos) != wanted) return false;
      return true;
    };
    for (const json::Value& one : script.at("answers").as_array()) {
      const json::Object& rule = one.as_object();
      if (!says(rule, "has", true) || !says(rule, "lacks", false)) continue;
      HttpAnswer out;
      out.status = static_cast<int>(json::int_or(rule, "status", 200));
      if (const json::Value* headers = rule.if_contains("headers"))
        for (const auto& header : headers->as_object())
          out.headers.emplace_back(header.key(), std::string(header.value().as_string()));
      out.body = read_file(folder + "/" + std::string(json::text_or(rule, "file")));
      return out;
    }
    return unavailable("no recorded answer for " + text);
  }

  std::string folder, region;
  json::Object script;
  Connection connection;
};

inline CloudsOptions quick() {
  return {.requests_at_once = 4, .requests_per_second = 0, .attempts = 4, .backoff_ms = 1};
}

/// Everything of a listing; the error of its first failure.
inline Result<std::vector<Page>> read_all(Listing& listing, const Context& context = {}) {
  std::vector<Page> out;
  for (;;) {
    auto page = listing.next(context);
    if (!page) return std::move(page).error();
    if (!*page) return out;
    out.push_back(std::move(**page));
  }
}

}  // namespace maestro::provider::testing
