// Measure: what a stretch of work costs: wall clock, CPU of this process and of the database server's processes.
#pragma once

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace maestro::bench {

inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of the calling thread.
inline double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Of all threads of this process.
inline double process_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Of another process of this machine; 0 when it is not there (any more).
inline double seconds_of(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// Seconds.
struct Cost {
  double wall = 0, client = 0, server = 0;
  double cpu() const { return client + server; }
};

/// Adds up stretches of one thread's work; what lies between them costs nothing.
class Meter {
 public:
  void start() {
    wall_ = wall_seconds();
    thread_ = thread_seconds();
  }
  void stop() {
    cost_.client += thread_seconds() - thread_;
    cost_.wall += wall_seconds() - wall_;
  }
  const Cost& cost() const { return cost_; }

 private:
  Cost cost_;
  double wall_ = 0, thread_ = 0;
};

}  // namespace maestro::bench
