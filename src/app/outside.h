// Where uploads live and how mail goes out, as the settings say.
#pragma once

#include <memory>

#include "api/recovery.h"
#include "api/uploads.h"
#include "app/settings.h"
#include "provider/transport.h"

namespace maestro::app {

/// nullptr when uploads are to live in S3 and a setting for that is missing: then every upload route says which.
/// `transport` reaches what the administrator names, without a guard.
Result<std::unique_ptr<files::FileStore>> make_file_store(const Config& config, provider::Transport& transport,
                                                          const Clock& clock);
api::Uploads upload_options(const Config& config, files::FileStore* store);

/// nullptr = mail is off; the log says why.
std::unique_ptr<mail::Mailer> make_mailer(const Config& config, const Clock& clock);
api::Recovery recovery_options(const Config& config, mail::Mailer* mailer);

}  // namespace maestro::app
