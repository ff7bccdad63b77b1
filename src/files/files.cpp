#include "files/files.h"

namespace maestro::files {

Result<std::string> read_all(FileStore& store, const Context& context, Class where, std::string_view name,
                             std::size_t limit) {
  TRY_ASSIGN(const auto file, store.open(context, where, name));
  if (file->info().size > limit) return invalid("The file is too large to be read at once");
  return file->read(0, static_cast<std::size_t>(file->info().size));
}

}  // namespace maestro::files
