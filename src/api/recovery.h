// Recovery: the way back in for a person who has forgotten the password.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "mail/mailer.h"
#include "store/store.h"

namespace maestro::api {

/// "https://host:port" of a URL, in lower case and without the scheme's usual port; nullopt when it is none or names a
/// user. Strict (RFC 3986): what browsers read in another way is none.
std::optional<std::string> origin_of(std::string_view url);

/// What recovery needs; immutable.
struct Recovery {
  mail::Mailer* mailer = nullptr;         ///< nullptr: mail is off
  std::string secret = {};                ///< signs recovery tokens, and nothing else
  std::vector<std::string> origins = {};  ///< as origin_of() writes them: pages that may be handed a token
};

/// Good for an hour, and until the password, its version or the address changes: so for one change alone.
std::string make_recovery_token(const Recovery& recovery, const store::Document& user,
                                const store::Vault::Credential& credential, Time now);
/// Whom a token is for. kConflict for one that is not signed here or whose time is over.
Result<ObjectId> recovery_user(const Recovery& recovery, std::string_view token, Time now);
/// True when nothing has changed since the token was made. Constant time.
bool is_current(const Recovery& recovery, std::string_view token, const store::Document& user,
                const store::Vault::Credential& credential, Time now);

/// The page with the token as the original's clients read it: behind everything, also behind a fragment.
std::string recovery_link(std::string_view callback_url, std::string_view token);
/// The one mail of the product.
mail::Message recovery_mail(std::string to, const std::string& link);

}  // namespace maestro::api
