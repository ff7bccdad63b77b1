// cloudsim: a development program that plays two clouds on loopback.
#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "cloudsim/simulator.h"

int main(int count, char** words) {
  using namespace maestro;
  const auto options = cloudsim::parse_options({words + 1, words + count});
  if (!options) {
    std::fprintf(stderr, "cloudsim: %s\n", options.error().message.c_str());
    return 2;
  }
  if (options->help) {
    std::fputs(cloudsim::help_text().c_str(), stdout);
    return 0;
  }
  // Before any thread starts, so that all of them inherit it and only sigwait() below sees the end.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  log::set_level(log::Level::kWarn);

  const SystemClock clock;
  auto simulator = cloudsim::Simulator::start(*options, clock);
  if (!simulator) {
    std::fprintf(stderr, "cloudsim: %s\n", simulator.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", (*simulator)->ready_line().c_str());
  std::fflush(stdout);
  int which = 0;
  sigwait(&ends, &which);
  return 0;
}
