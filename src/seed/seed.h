// Seed: what every instance begins with: the options that forms offer, the catalogue of services, public flavors.
//
// The documents are the files of seed/, put into the binary by the build.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/embedded.h"
#include "base/result.h"
#include "json/json.h"
#include "store/store.h"

namespace maestro {
std::span<const EmbeddedFile> embedded_seed();
}

namespace maestro::seed {

/// Raised whenever a file of seed/ gains rows: an instance then looks once for what it lacks.
inline constexpr std::int64_t kVersion = 1;
/// Name of the store's value that holds the version which it was last given.
inline constexpr std::string_view kMark = "seed";

/// Kinds whose documents are given; each has no access set and is told apart by one field.
struct Given {
  const char* entity;
  const char* file;
  const char* key;  ///< field that names a document, exactly
};
inline constexpr Given kGiven[] = {
    {.entity = "adminer", .file = "adminer.json", .key = "key"},
    {.entity = "services", .file = "services.json", .key = "name"},
    {.entity = "flavorsPublic", .file = "flavors_public.json", .key = "api_name"},
};

/// The id of a given document: the same in every instance.
ObjectId id_of(std::string_view entity, std::string_view key);

/// The bodies of a file, as the build put them in; kInternal when the file is damaged.
Result<std::vector<json::Object>> rows(const Given& given);

/// The given documents that the store holds, as they are now: edited or deleted ones too.
Result<std::vector<store::Document>> planted(store::Store& store, const Context& context, const Given& given);

/// Inserts what is missing by key; what was edited, renamed or deleted stays as it is. Costs one read when the store
/// has this version. Any number of processes may start at once. The number of documents inserted.
Result<std::int64_t> plant(store::Store& store, const Context& context);

}  // namespace maestro::seed
