// import mongodump: an installation of the original moves in.
#pragma once

#include <ostream>

#include "app/settings.h"
#include "moving/dump.h"

namespace maestro::app {

/// What stands on the command line.
struct ImportDump {
  std::string folder;
  moving::Databases databases;
  std::string secret;       ///< of the original; from the environment alone, where no list of processes shows it
  std::string secret_file;  ///< or in a file
  std::string findings;     ///< file for every finding; empty = the report shows some
  bool without_credentials = false;
  bool dry_run = false;
};

/// The report goes to `out`. False when it does not add up.
Result<bool> import_dump(Config config, const ImportDump& wanted, std::ostream& out);

}  // namespace maestro::app
