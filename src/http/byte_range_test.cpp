#include "http/byte_range.h"

#include <gtest/gtest.h>

#include <string>

namespace maestro::http {
namespace {

std::string read(std::string_view header, std::uint64_t size) {
  const ByteRange range = parse_byte_range(header, size);
  if (range.kind == ByteRange::Kind::kWhole) return "whole";
  if (range.kind == ByteRange::Kind::kUnsatisfiable) return "none";
  return std::to_string(range.first) + "+" + std::to_string(range.length);
}

TEST(ByteRange, IsReadInItsThreeForms) {
  EXPECT_EQ(read("bytes=0-0", 10), "0+1");
  EXPECT_EQ(read("bytes=2-4", 10), "2+3");
  EXPECT_EQ(read("bytes=2-", 10), "2+8");
  EXPECT_EQ(read("bytes=-3", 10), "7+3");
  EXPECT_EQ(read("Bytes = 2 - 4 ", 10), "2+3");
}

TEST(ByteRange, EndsWithTheFile) {
  EXPECT_EQ(read("bytes=5-100", 10), "5+5");
  EXPECT_EQ(read("bytes=-100", 10), "0+10");
  EXPECT_EQ(read("bytes=5-99999999999999999999999999", 10), "5+5");
  EXPECT_EQ(read("bytes=0-18446744073709551615", 10), "0+10");
  EXPECT_EQ(read("bytes=-99999999999999999999999999", 10), "0+10");
}

TEST(ByteRange, BehindTheEndIsNone) {
  for (const char* header : {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999999-"})
    EXPECT_EQ(read(header, 10), "none") << header;
  for (const char* header : {"bytes=0-", "bytes=-1", "bytes=0-0"}) EXPECT_EQ(read(header, 0), "none") << header;
}

TEST(ByteRange, ThatCannotBeReadIsTheWhole) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=0-1,3-4", "bytes=0-1,",
                             "items=0-1", "bytes=+1-2", "bytes=0x1-2", "bytes=1-2-3", "bytes=--1"})
    EXPECT_EQ(read(header, 10), "whole") << header;
}

}  // namespace
}  // namespace maestro::http
