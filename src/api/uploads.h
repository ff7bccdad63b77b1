// Uploads: which files people may send, and the token that lets one file in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/context.h"
#include "files/files.h"
#include "files/names.h"
#include "http/message.h"

namespace maestro::api {

struct Route;

/// What uploads need; immutable. `store` outlives the server.
struct Uploads {
  files::FileStore* store = nullptr;  ///< nullptr: `missing` names the setting without which there is none
  std::string missing = {};
  std::string secret = {};    ///< signs upload tokens, and nothing else
  std::string base_url = {};  ///< of this server for clients, without a slash at the end; empty = the Host header's
  /// Of the storage that clients send to themselves; empty when it is this server. The web UI may call it.
  std::string storage_origin = {};
  std::size_t min_size = 1;
  std::size_t max_size = 16'302'400;
};

/// The folder of an entity whose routes take uploads; empty for any other word.
std::string_view upload_folder(std::string_view word);

/// "users/<id>/my-pic.png": folder of the entity, the uploading person, the name as files/names.h makes it.
std::string upload_name(std::string_view folder, const ObjectId& user, std::string_view filename,
                        const files::Type& type);

/// True for names that upload_name() makes of images.
bool is_uploaded_image(std::string_view name);

/// For this person, this file and the next two minutes.
std::string make_upload_token(const Uploads& uploads, const ObjectId& user, std::string_view name, Time now);
struct UploadGrant {
  ObjectId user;
  std::string name;
};
/// nullopt for anything but a token of make_upload_token() whose time is not over.
std::optional<UploadGrant> open_upload_token(const Uploads& uploads, std::string_view token, Time now);

/// How large a request's body may be when that is not the usual limit: a file that carries a good upload token. Cheap
/// enough for the I/O thread.
std::optional<std::size_t> upload_body_limit(const Uploads& uploads, const Route& route, const http::Request& request,
                                             Time now);

}  // namespace maestro::api
