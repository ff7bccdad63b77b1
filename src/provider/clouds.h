// The real Clouds: packs, signers and a Transport put together.
#pragma once

#include <memory>

#include "provider/provider.h"
#include "provider/transport.h"

namespace maestro::provider {

struct CloudsOptions {
  unsigned requests_at_once = 8;    ///< per provider and account
  double requests_per_second = 20;  ///< per provider, account and region, with a burst of twice that
  int attempts = 4;                 ///< per request, the first one included
  long backoff_ms = 250;            ///< first pause; doubles, with full jitter, at most 8 s
};

/// `packs` and `transport` must outlive the result.
std::unique_ptr<Clouds> make_clouds(const Packs& packs, Transport& transport, CloudsOptions options = {});

}  // namespace maestro::provider

namespace maestro {
/// packs/ as the build embedded it.
std::span<const EmbeddedFile> embedded_packs();
}  // namespace maestro
