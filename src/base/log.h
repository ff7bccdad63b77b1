// Structured logs: one JSON object a line on standard error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace maestro::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

/// One named value. Never pass a secret: nothing here can know that it is one.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <typename T>
  requires std::is_integral_v<T> Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// Lines below this level are dropped. Thread-safe.
void set_level(Level level);
/// "debug", "info", "warn", "error" or "off"; false for any other word.
bool set_level(std::string_view word);

/// Writes {"time","level","msg",fields...}. Thread-safe; never throws.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kError, message, fields);
}

}  // namespace maestro::log
