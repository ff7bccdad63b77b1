#include "app/progress_line.h"

#include <unistd.h>

#include <cstdio>

namespace maestro::app {
namespace {

using std::chrono::steady_clock;

constexpr auto kOnTerminal = std::chrono::milliseconds(200);
constexpr auto kElsewhere = std::chrono::seconds(5);

}  // namespace

ProgressLine::ProgressLine(std::string verb)
    : verb_(std::move(verb)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      begun_(steady_clock::now()),
      next_(begun_ + (terminal_ ? kOnTerminal : kElsewhere)) {}

ProgressLine::~ProgressLine() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

store_sql::Progress ProgressLine::hear() {
  return [this](std::string_view what, std::int64_t done) { show(what, done); };
}

std::string ProgressLine::took() const {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(steady_clock::now() - begun_).count());
}

void ProgressLine::show(std::string_view what, std::int64_t done) {
  const auto now = steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::steady_clock::duration(kOnTerminal) : kElsewhere);
  const std::string line = done > 0 ? fmt::format("{}: {} {}", verb_, what, done) : fmt::format("{}: {}", verb_, what);
  std::fputs(terminal_ ? fmt::format("\r\033[K{}", line).c_str() : (line + "\n").c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace maestro::app
