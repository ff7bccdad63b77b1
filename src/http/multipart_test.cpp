#include "http/multipart.h"

#include <gtest/gtest.h>

namespace maestro::http {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=XX";

TEST(Multipart, SplitsFieldsAndFiles) {
  const std::string body =
      "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHello\r\n"
      "--XX\r\ncontent-disposition: form-data; filename=\"a \\\"b\\\".png\"; name=file\r\n"
      "Content-Type: image/png\r\nX-Other: y\r\n\r\nbin\r\n--X\r\n\xff\x01\r\n"
      "--XX  \r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XX--\r\nepilogue";
  const auto parts = parse_multipart(kType, body);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].name, "title");
  EXPECT_EQ((*parts)[0].data, "Hello");
  EXPECT_EQ((*parts)[0].filename, "");
  EXPECT_EQ((*parts)[1].name, "file");
  EXPECT_EQ((*parts)[1].filename, "a \"b\".png");
  EXPECT_EQ((*parts)[1].content_type, "image/png");
  EXPECT_TRUE((*parts)[1].data.starts_with("bin\r\n--X\r\n"));
  EXPECT_EQ((*parts)[2].data, "");
}

TEST(Multipart, TakesABoundaryInQuotesAndAnyCase) {
  const auto parts = parse_multipart("Multipart/Form-Data; charset=x; BOUNDARY=\"a b;c\"",
                                     "--a b;c\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n--a b;c--");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(0).data, "v");
}

TEST(Multipart, KeepsOnlyTheLastComponentOfAFileName) {
  const auto name = [](const std::string& parameters) {
    const auto parts =
        parse_multipart(kType, "--XX\r\nContent-Disposition: form-data; name=n; " + parameters + "\r\n\r\nv\r\n--XX--");
    return parts ? parts->at(0).filename : "refused";
  };
  EXPECT_EQ(name("filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(name("filename=\"C:\\dir\\file.txt\""), "file.txt");
  EXPECT_EQ(name("filename=\"..\""), "");
  EXPECT_EQ(name("filename=plain.txt"), "plain.txt");
  EXPECT_EQ(name("filename=\"x\"; filename*=UTF-8''na%C3%AFve%2Fa.txt"), "a.txt");
  EXPECT_EQ(name("filename=\"x\"; filename*=UTF-8''%ff"), "x");
}

TEST(Multipart, RefusesWhatIsMalformed) {
  struct Case {
    const char* type;
    const char* body;
  };
  for (const Case& c : {
           Case{"application/json", "--XX--"},
           Case{"multipart/form-data", "--XX--"},
           Case{"multipart/form-data; boundary=", "--XX--"},
           Case{kType, ""},
           Case{kType, "--X"},
           Case{kType, "--XX"},
           Case{kType, "--XX\r\n"},
           Case{kType, "--XXjunk\r\n\r\nv\r\n--XX--"},
           Case{kType, "--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv"},
           Case{kType, "--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n--XX"},
           Case{kType, "--XX\r\nContent-Disposition: form-data\r\n\r\nv\r\n--XX--"},
           Case{kType, "--XX\r\nContent-Disposition: attachment; name=n\r\n\r\nv\r\n--XX--"},
           Case{kType, "--XX\r\nno colon\r\n\r\nv\r\n--XX--"},
           Case{kType, "--XX\r\n\r\nv\r\n--XX--"},
       }) {
    const auto parts = parse_multipart(c.type, c.body);
    ASSERT_FALSE(parts) << c.body;
    EXPECT_EQ(parts.error().code, Code::kInvalid);
  }
}

TEST(Multipart, TakesAHundredPartsAndNoMore) {
  const auto form = [](int count) {
    std::string body;
    for (int i = 0; i < count; ++i) body += "--XX\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n";
    return body + "--XX--";
  };
  EXPECT_TRUE(parse_multipart(kType, form(100)));
  EXPECT_FALSE(parse_multipart(kType, form(101)));
  EXPECT_TRUE(parse_multipart(kType, "--XX--"));
}

}  // namespace
}  // namespace maestro::http
