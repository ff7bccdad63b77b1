// Settings: one table; every value with where it came from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace maestro::app {

enum class SettingKind {
  kText,
  kNumber,
  kBoolean,
  kSecret,    ///< of this installation: generated when nobody gives one
  kPassword,  ///< of another system: masked alike, never generated
};
inline bool is_masked(SettingKind kind) { return kind == SettingKind::kSecret || kind == SettingKind::kPassword; }

/// One row. Names of the original are among the environment variables.
struct Setting {
  const char* name;      ///< in the file and in code: "port"
  const char* flag;      ///< "--port"; empty = none
  const char* env;       ///< the variable
  const char* fallback;  ///< default; empty secrets are generated at first start
  SettingKind kind;
  long long min = 0, max = 0;  ///< numbers
  const char* doc = "";
};
std::span<const Setting> settings();

/// A variable of the original that means something else now, or nothing.
struct OldVariable {
  const char* name;
  const char* note;  ///< what to do instead
};
std::span<const OldVariable> old_variables();

/// Another name of a setting's variable, from the original's manual or older versions; its own name goes before it.
struct VariableAlias {
  const char* name;
  const char* setting;
};
std::span<const VariableAlias> variable_aliases();

/// The effective values. Order of precedence: flag, environment, file, default.
class Config {
 public:
  using Environment = std::function<const char*(const char*)>;
  /// `flags` by setting name. `file` may be empty: then DATA/maestro.conf is read when it exists ("name = value"
  /// lines). kInvalid names setting, value, rule and origin; for the file also the line.
  static Result<Config> load(const std::map<std::string, std::string>& flags, const Environment& environment,
                             const std::string& file);

  const std::string& text(std::string_view name) const;
  long long number(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// "flag", "environment MAESTRO_PORT", "file", "generated", "default"
  const std::string& origin(std::string_view name) const;
  /// A value made at first start.
  void set_generated(std::string_view name, std::string value);

 private:
  struct Value {
    std::string text;
    std::string origin;
  };
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace maestro::app
