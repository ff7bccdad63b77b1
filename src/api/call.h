// Call and Answer: what a route's handler is given and gives back. A handler never touches a socket.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "http/message.h"
#include "json/json.h"
#include "model/entity.h"

namespace maestro::api {

struct Services;  // api/services.h
struct Route;

struct Answer {
  int status = 200;
  std::string body = {};  ///< JSON text unless content_type says otherwise
  std::string content_type = "application/json; charset=utf-8";
  http::Headers headers = {};
  std::shared_ptr<http::EventStream> events = {};
  std::unique_ptr<http::BodySource> source = {};  ///< instead of `body`, for what is not read at once
  std::string_view static_body = {};
  bool etag = true;  ///< weak ETag on a 200/201 body, 304 for a matching If-None-Match
};

Answer json_answer(int status, const json::Object& body);
Answer json_answer(int status, const json::Value& body);
/// 204 and the like.
Answer empty_answer(int status);
/// The same without an ETag: for what is no state of a document.
Answer untagged(Answer answer);

struct Call {
  const http::Request& request;
  Services& services;
  const Route* route = nullptr;
  Context context;                   ///< actor filled in on routes that need one, see api/principals.h
  std::vector<std::string> params;   ///< values of the pattern's :names, in order, decoded; without that of a team
  json::Object query;                ///< nested query parameters
  json::Value body;                  ///< null when there was none
  std::string idempotency_key = {};  ///< see api/idempotency.h; empty = none

  const model::Entity& entity() const;
  /// The n-th path parameter as a document id; 404 "Indentity <x> not exist" otherwise.
  Result<ObjectId> id(std::size_t index) const;
  /// The body as an object; an empty one when there was none, kInvalid for an array.
  Result<json::Object> object() const;
  /// A whole number of the query between two bounds; `fallback` when it is missing; 422 naming the parameter otherwise.
  Result<std::int64_t> number(std::string_view name, std::int64_t fallback, std::int64_t min, std::int64_t max) const;
};

using Handler = Result<Answer> (*)(Call&);

enum class Auth {
  kPublic,
  kUser,     ///< session of a person
  kService,  ///< private token between services, under any scheme word
  kPeer,     ///< the same under JWT alone; a wrong shared word in it is 400: the original's server and audit services
};
/// Who runs a handler: a worker pool, or the I/O thread itself for what only hands out bytes that lie ready.
enum class Pool { kInteractive, kBulk, kPassword, kMail, kProvider, kInline };

/// One row of a listener's table. `pattern` has lower-case literal segments and :names.
struct Route {
  http::Method method = http::Method::kGet;
  std::string pattern = {};
  Auth auth = Auth::kUser;
  Handler handler = nullptr;
  const char* doc = "";  ///< one line for OpenAPI; required
  bool original = true;  ///< answers only the status codes that the original's clients know (403 becomes 400)
  Pool pool = Pool::kInteractive;
  int success = 0;            ///< status of a success, for the API documentation; 0 = the usual one of the method
  bool takes_file = false;    ///< the body is a file: not read as JSON, and limited as uploads are
  bool person_only = false;   ///< refused to API tokens
  bool only_reads = false;    ///< documents, and does nothing else: who asks may be remembered, see recall()
  bool keeps_answer = false;  ///< takes an Idempotency-Key: the handler calls keep_answer()
  const char* tag = "";       ///< group in the API documentation
  const model::Entity* entity = nullptr;
  int team = 0;          ///< role that a member needs for the mirror below /teams/:team; 0 = it has none
  bool as_team = false;  ///< is such a mirror, see api/team_routes.h
};

}  // namespace maestro::api
