// The FileStore of a folder on this machine.
#pragma once

#include <memory>
#include <string>

#include "files/files.h"

namespace maestro::files_local {

struct Folders {
  std::string public_folder;
  std::string private_folder;
};

/// Makes the folders when they are not there (the private one for its owner alone). Below them no symbolic link is
/// followed. kUnavailable: a folder cannot be made or opened.
Result<std::unique_ptr<files::FileStore>> open_folders(Folders folders);

}  // namespace maestro::files_local
