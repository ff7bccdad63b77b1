// Patterns that are tested without the pattern library give the library's answers.
#include "store/match.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>

namespace maestro::store {
namespace {

TEST(Match, PlainPatternsAnswerAsTheLibraryDoes) {
  std::mt19937 random(3);
  const auto some = [&](const std::vector<std::string>& parts, std::size_t most) {
    std::string out;
    for (std::size_t i = 1 + random() % most; i > 0; --i) out += parts[random() % parts.size()];
    return out;
  };
  int plain = 0, hits = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = some({"a", "B", "1", ".", "-", "\\.", "^", "ab", "0.1"}, 4);
    const std::string text = some({"a", "b", "A", "1", "0", ".", "-", "\xC3\xBC", "\n", "ab"}, 7);
    const Condition condition{"name", Condition::Op::kRegex, {json::Value(pattern)}};
    const auto literal = literal_of(condition);
    if (!literal) continue;
    ++plain;
    RE2::Options options;
    options.set_case_sensitive(false);
    const bool wanted = RE2::PartialMatch(text, RE2(pattern, options));
    hits += wanted ? 1 : 0;
    ASSERT_EQ(literal->found_in(text), wanted) << pattern << " in " << text;
    Filter filter;
    filter.kind = Filter::Kind::kLeaf;
    filter.leaf = condition;
    ASSERT_EQ(Matcher::compile(filter)->matches_text(text), wanted);
    ASSERT_FALSE(literal->longest_run().empty());
    ASSERT_EQ(literal->longest_run().find('\0'), std::string_view::npos);
  }
  EXPECT_GT(plain, 5000);
  EXPECT_GT(hits, 500);
}

TEST(Match, RealPatternsAreLeftToTheLibrary) {
  for (const char* pattern : {"a|b", "a*", "(a)", "[ab]", "a.*", "a$", "\\d", ".a", "\xC3\xBC", "", "a\\"}) {
    EXPECT_FALSE(literal_of({"name", Condition::Op::kRegex, {json::Value(pattern)}})) << pattern;
  }
  EXPECT_EQ(literal_of({"name", Condition::Op::kContains, {json::Value("A.b")}})->needle, "a.b");
  EXPECT_TRUE(literal_of({"name", Condition::Op::kStarts, {json::Value("A")}})->at_start);
}

}  // namespace
}  // namespace maestro::store
