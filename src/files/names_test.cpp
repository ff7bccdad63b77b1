#include "files/names.h"

#include <gtest/gtest.h>

namespace maestro::files {
namespace {

using namespace std::string_view_literals;

TEST(Names, ATypeHasOneExtensionAndOneClass) {
  EXPECT_EQ(find_type("image/jpg")->extension, "jpg");
  EXPECT_EQ(find_type("IMAGE/PNG")->where, Class::kPublic);
  EXPECT_EQ(find_type("text/csv")->where, Class::kPrivate);
  for (const auto mime : {"", "image/svg+xml", "text/html", "image/png; x=y", "application/pdf"})
    EXPECT_EQ(find_type(mime), nullptr) << mime;
  EXPECT_EQ(find_extension("jpg")->mime, "image/jpeg");
  for (const auto extension : {"", "svg", "html", "PNG", "../png"}) EXPECT_EQ(find_extension(extension), nullptr);
}

TEST(Names, AreMadeAsTheOriginalMakesThem) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"My Pic.v2.png", "my-pic"},
      {"photo.png", "photo"},
      {"IMG_2041 (1).JPG", "img-2041-1"},
      {"camelCaseName.csv", "camel-case-name"},
      {"XMLHttpRequest.txt", "xml-http-request"},
      {"bob's face.png", "bobs-face"},
      {"  lots -- of __ breaks  .png", "lots-of-breaks"},
      {"Ação da Straße.png", "acao-da-strasse"},
      {"e\xCC\x81t\xC3\xA9.png", "ete"},
      {"図.png", "図"},
      {"noextension", "noextension"},
      {"../../etc/passwd", "file"},
      {"a/b\\c:d.png", "a-b-c-d"},
      {".png", "file"},
      {"", "file"},
      {"\xFF\xFE.png", "file"},
      {"nul\0name.png"sv, "nul-name"},
  };
  for (const auto& [from, to] : cases) EXPECT_EQ(kebab_stem(from), to) << from;
}

TEST(Names, OfAnyLengthStayShortAndWhole) {
  const std::string long_name = kebab_stem(std::string(5000, 'a'));
  EXPECT_EQ(long_name.size(), 100U);
  std::string wide;
  for (int i = 0; i < 200; ++i) wide += "図";
  EXPECT_TRUE(is_name(kebab_stem(wide)));
}

TEST(Names, ThatCouldLeaveTheFolderAreNone) {
  EXPECT_TRUE(is_name("users/5f00000000000000000000ff/my-pic.png"));
  EXPECT_TRUE(is_name("a"));
  for (const auto name : {""sv, "/etc/passwd"sv, "../x"sv, "users/../x"sv, "users//x"sv, "users/"sv, "."sv,
                          "users/.hidden"sv, "a\\b"sv, "a\0b"sv, "a\nb"sv, "users/x\xFF"sv, "1/2/3/4/5/6/7/8/9"sv})
    EXPECT_FALSE(is_name(name)) << name;
  EXPECT_FALSE(is_name(std::string(201, 'a')));
}

TEST(Names, AnImageBeginsAsItsTypeDoes) {
  EXPECT_TRUE(looks_like(*find_extension("png"), "\x89PNG\r\n\x1a\n..."));
  EXPECT_TRUE(looks_like(*find_extension("jpg"), "\xFF\xD8\xFF\xE0..."));
  EXPECT_TRUE(looks_like(*find_extension("gif"), "GIF89a..."));
  for (const auto extension : {"png", "jpg", "gif"}) {
    for (const auto bytes : {""sv, "<svg xmlns='http://www.w3.org/2000/svg'>"sv, "<!doctype html>"sv, "\x89PNG"sv})
      EXPECT_FALSE(looks_like(*find_extension(extension), bytes)) << extension << bytes;
  }
  EXPECT_TRUE(looks_like(*find_extension("csv"), "a,b"));
}

}  // namespace
}  // namespace maestro::files
