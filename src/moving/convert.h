// Converter: a document of the original as one of ours, with all that goes along with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "moving/identity.h"

namespace maestro::moving {

/// Something about a document that the person who moves it should know.
struct Remark {
  std::string field, rule, done;
};

/// Ready to be written.
struct Ready {
  store::Document document;  ///< without row, rev and access
  std::vector<store::RoleEntry> roles;
  std::string password;                     ///< hash of a user; empty = none
  std::optional<json::Object> credentials;  ///< of a connection
  std::optional<Sight> sight;
};

/// Thread-safe. Equal dumps give equal documents.
class Converter {
 public:
  /// `secret` opens the envelopes of connections; nullopt = their credentials stay behind.
  Converter(const Census& census, const Identities& identities, const std::optional<std::string>& secret)
      : census_(census), identities_(identities), secret_(secret) {}

  Ready convert(const Collection& collection, const Place& place, Stored stored, std::vector<Remark>& remarks) const;

 private:
  void read_times(const json::Object& body, Ready& out, std::vector<Remark>& remarks) const;
  void read_roles(json::Object& body, Ready& out, std::vector<Remark>& remarks) const;
  Principal find_owner(const Ready& ready) const;
  void take_password(Ready& out, std::vector<Remark>& remarks) const;
  void take_credentials(Ready& out, std::vector<Remark>& remarks) const;

  const Census& census_;
  const Identities& identities_;
  const std::optional<std::string>& secret_;
};

}  // namespace maestro::moving
