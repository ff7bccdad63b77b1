// Packs: which files there are, which one wins, and what they make together.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/text.h"
#include "provider/pack_reader.h"
#include "provider/provider.h"

namespace maestro::provider {

namespace {

constexpr std::size_t kMaxFiles = 2000;

struct File {
  std::string shown;  ///< for messages
  std::string text;
};
using Files = std::map<std::string, File>;  // by path under packs/

Result<void> add_folder(const std::string& folder, Files& files) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return invalid(fmt::format("the packs folder {} is no directory", folder));
  fs::recursive_directory_iterator walk(folder, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk->path().extension() != ".yaml" || !walk->is_regular_file(error)) continue;
    const std::string path = walk->path().lexically_relative(folder).generic_string();
    std::ifstream in(walk->path(), std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in.good() && !in.eof()) return invalid(fmt::format("{} cannot be read", walk->path().string()));
    files[path] = {walk->path().string(), std::move(content)};
    if (files.size() > kMaxFiles) return invalid(fmt::format("there are more than {} packs in {}", kMaxFiles, folder));
  }
  if (error) return invalid(fmt::format("the packs folder {} cannot be read: {}", folder, error.message()));
  return {};
}

}  // namespace

std::int64_t Every::millis() const {
  std::int64_t unit = 60'000;
  if (period == "seconds") unit = 1000;
  if (period == "hours") unit = 3'600'000;
  if (period == "days") unit = 86'400'000;
  if (period == "weeks") unit = 7 * 86'400'000LL;
  return unit * count;
}

Result<Packs> Packs::load(std::span<const EmbeddedFile> embedded, const std::string& folder) {
  Files files;
  for (const EmbeddedFile& file : embedded)
    files[std::string(file.path)] = {"packs/" + std::string(file.path), std::string(file.bytes)};
  if (!folder.empty()) TRY(add_folder(folder, files));

  std::map<std::string, PackLibrary> libraries;
  std::vector<std::tuple<std::string, std::string, const File*, YamlNode>> resources;
  for (const auto& [path, file] : files) {
    const auto parts = text::split(path, '/');
    const bool known = parts.size() == 2 || (parts.size() == 3 && (parts[1] == "shapes" || parts[1] == "blocks"));
    if (!known)
      return invalid(fmt::format(
          "{}:1:1: a pack is <provider>/<name>.yaml, <provider>/shapes/<name>.yaml or <provider>/blocks/<name>.yaml",
          file.shown));
    const std::string provider(parts[0]);
    const Provider* declared = find_provider(provider);
    if (declared == nullptr || declared->id != provider)
      return invalid(fmt::format("{}:1:1: there is no provider '{}'", file.shown, provider));
    std::string name(parts.back());
    name = name.substr(0, name.rfind(".yaml"));
    if (name.empty()) return invalid(fmt::format("{}:1:1: the file has no name", file.shown));
    TRY_ASSIGN(YamlNode root, parse_yaml(file.shown, file.text));
    PackLibrary& library = libraries[provider];
    if (parts.size() == 2) {
      resources.emplace_back(provider, name, &file, std::move(root));
    } else if (parts[1] == "shapes") {
      TRY_ASSIGN(Shape shape, read_shape(file.shown, name, root));
      library.shapes[name] = std::make_shared<const Shape>(std::move(shape));
    } else {
      library.blocks[name] = std::move(root);
      library.files[name] = file.shown;
    }
  }
  Packs out;
  for (const auto& [provider, name, file, root] : resources) {
    TRY_ASSIGN(Resource resource, read_resource(file->shown, provider, name, root, libraries[provider]));
    out.resources_.push_back(std::move(resource));
  }
  std::stable_sort(out.resources_.begin(), out.resources_.end(), [](const Resource& a, const Resource& b) {
    return std::tie(a.provider, a.order, a.id) < std::tie(b.provider, b.order, b.id);
  });
  return out;
}

const Resource* Packs::find(std::string_view id) const {
  for (const Resource& resource : resources_)
    if (resource.id == id) return &resource;
  return nullptr;
}

std::vector<const Resource*> Packs::of_task(std::string_view provider_id, std::string_view task) const {
  std::vector<const Resource*> out;
  for (const Resource& resource : resources_)
    if (resource.provider == provider_id && resource.task == task) out.push_back(&resource);
  return out;
}

std::vector<std::string> Packs::tasks(std::string_view provider_id) const {
  std::vector<std::string> out;
  for (const Resource& resource : resources_) {
    if (resource.provider != provider_id) continue;
    if (std::find(out.begin(), out.end(), resource.task) == out.end()) out.push_back(resource.task);
  }
  return out;
}

}  // namespace maestro::provider
