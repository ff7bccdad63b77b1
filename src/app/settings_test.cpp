#include "app/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "base/text.h"

namespace maestro::app {
namespace {

std::set<std::string> original_variables() {
  std::ifstream file(MAESTRO_SOURCE_DIR "/tests/system/original_variables.tsv");
  std::set<std::string> out;
  for (std::string line; std::getline(file, line);) {
    const auto words = text::split(line, '\t');
    if (line.starts_with('#') || words.size() != 2) continue;
    out.emplace(words[1]);
  }
  return out;
}

Config::Environment environment(const std::map<std::string, std::string>& variables) {
  return [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

TEST(Settings, EveryVariableOfTheOriginalIsASettingAnAliasOrNamedAsObsolete) {
  std::multiset<std::string> known;
  for (const Setting& setting : settings()) known.insert(setting.env);
  for (const VariableAlias& alias : variable_aliases()) known.insert(alias.name);
  for (const OldVariable& old : old_variables()) known.insert(old.name);
  const auto all = original_variables();
  ASSERT_GT(all.size(), 80U);
  for (const std::string& name : all) EXPECT_EQ(known.count(name), 1U) << name;
  for (const std::string& name : known) EXPECT_EQ(known.count(name), 1U) << name << " is declared twice";
}

TEST(Settings, AnAliasNamesASettingAndCountsUnlessTheSettingHasItsOwnName) {
  for (const VariableAlias& alias : variable_aliases()) {
    const auto all = settings();
    const auto setting = std::find_if(all.begin(), all.end(),
                                      [&](const Setting& one) { return std::string_view(one.name) == alias.setting; });
    ASSERT_NE(setting, all.end()) << alias.name;
    std::map<std::string, std::string> variables{{alias.name, "http://old:1"}, {"MAESTRO_DATA", "/nowhere"}};
    auto config = Config::load({}, environment(variables), "");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->text(alias.setting), "http://old:1");
    EXPECT_EQ(config->origin(alias.setting), std::string("environment ") + alias.name);
    variables[setting->env] = "http://new:1";
    config = Config::load({}, environment(variables), "");
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->text(alias.setting), "http://new:1");
  }
}

}  // namespace
}  // namespace maestro::app
