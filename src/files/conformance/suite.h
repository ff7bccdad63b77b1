// The suite that every FileStore must pass: what the port promises, tested through the port alone.
//
// An adapter's test instantiates FileStoreConformance with a function that makes an empty store.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/text.h"
#include "files/files.h"

namespace maestro::files {

/// An empty store of an adapter, removed at the end.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual FileStore& store() = 0;
};
using MakeBackend = std::function<std::unique_ptr<Backend>()>;

class FileStoreConformance : public testing::TestWithParam<MakeBackend> {
 public:
  FileStoreConformance() : backend(GetParam()()), store(backend->store()) {}

  void put(Class where, std::string_view name, std::string_view bytes, std::string_view type = "text/plain") {
    const auto done = store.put(context, where, name, type, bytes);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  /// The bytes, or the name of the error.
  std::string get(Class where, std::string_view name) {
    auto bytes = read_all(store, context, where, name, 64U << 20);
    return bytes.ok() ? std::move(*bytes) : std::string("<") + code_name(bytes.error().code) + ">";
  }

  Context context;
  std::unique_ptr<Backend> backend;
  FileStore& store;
};

TEST_P(FileStoreConformance, WhatIsPutIsRead) {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"users/5f00000000000000000000ff/a.txt", "hello"},
      {"users/5f00000000000000000000ff/empty.txt", ""},
      {"teams/5f00000000000000000000ff/binary.png", "\x89PNG\r\n\x1a\n\0\xFF\xFE"sv},
      {"at-the-top.json", R"({"a":1})"},
      {"wide/図 with a blank+plus%41&x=y.txt", "named with care"},
  };
  for (const auto& [name, bytes] : cases) put(Class::kPrivate, name, bytes);
  for (const auto& [name, bytes] : cases) EXPECT_EQ(get(Class::kPrivate, name), bytes) << name;
}

TEST_P(FileStoreConformance, TheTwoClassesAreApart) {
  put(Class::kPublic, "users/x/a.png", "for everybody", "image/png");
  EXPECT_EQ(get(Class::kPrivate, "users/x/a.png"), "<not_found>");
  put(Class::kPrivate, "users/x/a.png", "for peers", "image/png");
  EXPECT_EQ(get(Class::kPublic, "users/x/a.png"), "for everybody");
  EXPECT_EQ(get(Class::kPrivate, "users/x/a.png"), "for peers");
}

TEST_P(FileStoreConformance, WhatIsMissingIsNotFound) {
  put(Class::kPrivate, "users/x/a.txt", "a");
  for (const auto name : {"users/x/b.txt", "users/y/a.txt", "users", "users/x", "users/x/a.txt/deeper", "none"})
    EXPECT_EQ(get(Class::kPrivate, name), "<not_found>") << name;
}

TEST_P(FileStoreConformance, ANameThatIsNoneTouchesNothing) {
  using namespace std::string_view_literals;
  for (const auto name : {""sv, "../escape.txt"sv, "/etc/passwd"sv, "users/../../escape.txt"sv, "users//a.txt"sv,
                          "users/.hidden"sv, "users/a\0b.txt"sv, "users\\a.txt"sv, "users/\xFF.txt"sv, "users/"sv}) {
    const auto done = store.put(context, Class::kPrivate, name, "text/plain", "x");
    ASSERT_FALSE(done.ok()) << name;
    EXPECT_EQ(done.error().code, Code::kInvalid) << name;
    EXPECT_EQ(get(Class::kPrivate, name), "<not_found>") << name;
    EXPECT_TRUE(store.remove(context, Class::kPrivate, name).ok()) << name;
  }
}

TEST_P(FileStoreConformance, PutReplacesAndRemoveRemoves) {
  put(Class::kPublic, "users/x/a.png", "the first, which is longer", "image/png");
  put(Class::kPublic, "users/x/a.png", "second", "image/png");
  EXPECT_EQ(get(Class::kPublic, "users/x/a.png"), "second");
  ASSERT_TRUE(store.remove(context, Class::kPublic, "users/x/a.png").ok());
  EXPECT_EQ(get(Class::kPublic, "users/x/a.png"), "<not_found>");
  EXPECT_TRUE(store.remove(context, Class::kPublic, "users/x/a.png").ok()) << "once more is a success";
  EXPECT_TRUE(store.remove(context, Class::kPublic, "users/x").ok());
}

TEST_P(FileStoreConformance, AFileTellsItsSizeAndChangesItsTag) {
  put(Class::kPrivate, "a.txt", "12345");
  const auto first = store.open(context, Class::kPrivate, "a.txt");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)->info().size, 5U);
  EXPECT_FALSE((*first)->info().tag.empty());
  EXPECT_EQ((*first)->info().tag.find_first_of("\"\r\n "), std::string::npos);
  const auto age = SystemClock().now() - (*first)->info().modified;
  EXPECT_LT(std::chrono::abs(age), std::chrono::minutes(5));
  const auto again = store.open(context, Class::kPrivate, "a.txt");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->info().tag, (*first)->info().tag);
  put(Class::kPrivate, "a.txt", "54321");
  const auto other = store.open(context, Class::kPrivate, "a.txt");
  ASSERT_TRUE(other.ok());
  EXPECT_NE((*other)->info().tag, (*first)->info().tag);
}

TEST_P(FileStoreConformance, PartsAreReadFromOneState) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 31 % 251);
  put(Class::kPrivate, "big.txt", bytes);
  const auto file = store.open(context, Class::kPrivate, "big.txt");
  ASSERT_TRUE(file.ok());
  for (const auto& [offset, length] :
       {std::pair<std::size_t, std::size_t>{0, 1}, {0, 300'000}, {299'999, 1}, {1000, 70'000}, {300'000, 0}}) {
    const auto part = (*file)->read(offset, length);
    ASSERT_TRUE(part.ok()) << part.error().message;
    EXPECT_EQ(*part, bytes.substr(offset, length));
  }
  put(Class::kPrivate, "big.txt", std::string(300'000, 'x'));
  // What was open tells the old bytes or refuses; it never mixes two states.
  const auto part = (*file)->read(10, 10);
  EXPECT_TRUE(!part.ok() || *part == bytes.substr(10, 10));
}

TEST_P(FileStoreConformance, WritersAtOnceLeaveOneWholeFile) {
  std::vector<std::jthread> writers;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    writers.emplace_back([this, letter] {
      for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(store.put(context, Class::kPublic, "race/x.png", "image/png", std::string(50'000, letter)).ok());
    });
  }
  writers.clear();
  const std::string bytes = get(Class::kPublic, "race/x.png");
  ASSERT_EQ(bytes.size(), 50'000U);
  EXPECT_EQ(bytes, std::string(50'000, bytes[0]));
}

TEST_P(FileStoreConformance, AFileBeyondTheLimitIsNotReadAtOnce) {
  put(Class::kPrivate, "a.txt", "12345");
  EXPECT_EQ(read_all(store, context, Class::kPrivate, "a.txt", 4).error().code, Code::kInvalid);
  EXPECT_TRUE(read_all(store, context, Class::kPrivate, "a.txt", 5).ok());
}

}  // namespace maestro::files
