#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/mime.h"
#include "mail/smtp_mailer.h"

namespace maestro::mail {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_view_literals;

/// Reads quoted-printable back.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text[i + 1] == '\r') {
      i += 2;
    } else {
      out += *text::from_hex(text.substr(i + 1, 2));
      i += 2;
    }
  }
  return out;
}

TEST(Mime, AnAddressCannotCarryACommand) {
  for (const auto good : {"a@b", "first.last+tag@example.co.uk", "o'neil@example.com", "x=y@example.com"})
    EXPECT_TRUE(is_address(good)) << good;
  for (const auto bad :
       {""sv, "@"sv, "a@"sv, "@b"sv, "a"sv, "a@b@c"sv, "a b@c"sv, "a@b\r\nRCPT TO:<x@y>"sv, "a@b,c@d"sv, "<a@b>"sv,
        "\"a\"@b"sv, "a@b\0"sv, "ä@b"sv, "-oQ@b"sv, "a@b>"sv, "a@b NOTIFY=NEVER"sv})
    EXPECT_FALSE(is_address(bad)) << bad;
  EXPECT_FALSE(is_address(fmt::format("{:a<65}@b", "")));
}

TEST(Mime, AHeaderCannotCarryAnother) {
  EXPECT_EQ(encode_header("Maestro Server - Recovery Password"), "Maestro Server - Recovery Password");
  for (const auto text : {"line\r\nBcc: x@y"sv, "line\nBcc: x@y"sv, "nul\0"sv, "\x7F"sv, "=?utf-8?B?eA==?="sv}) {
    const std::string value = encode_header(text);
    EXPECT_THAT(value, testing::StartsWith("=?utf-8?B?"));
    EXPECT_THAT(value, Not(HasSubstr("Bcc")));
  }
  EXPECT_EQ(encode_header("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
  std::string long_text;
  for (int i = 0; i < 60; ++i) long_text += "ä€";
  std::string back;
  const std::string folded = encode_header(long_text);
  for (const auto line : text::split(folded, '\n')) {
    EXPECT_LE(line.size(), 76U);
    const auto word = text::trim(line);
    const auto piece = text::from_base64(word.substr(10, word.size() - 12));
    ASSERT_TRUE(piece && text::is_utf8(*piece)) << "a character was cut in two";
    back += *piece;
  }
  EXPECT_EQ(back, long_text);
}

TEST(Mime, QuotedPrintableSurvivesTheWay) {
  for (const auto text :
       {"plain"sv, ""sv, "a=b"sv, "trailing blank \nnext\t\n"sv, ".\n.."sv, "Grüße €"sv, "nul\0and\x7F"sv,
        "long long long long long long long long long long long long long long"
        " long long long long long line"sv}) {
    const std::string encoded = quoted_printable(text);
    for (const auto line : text::split(encoded, '\n')) {
      EXPECT_LE(line.size(), 77U);
      EXPECT_FALSE(line.starts_with('.'));
    }
    for (const char c : encoded) EXPECT_TRUE(c == '\r' || c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7F));
    std::string want;
    for (const char c : text) want += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(decoded(encoded), want);
  }
  EXPECT_EQ(quoted_printable("a\r\nb"), "a\r\nb");
  // A dot that a soft break would put at the beginning of a line.
  for (std::size_t before = 70; before < 80; ++before)
    EXPECT_EQ(quoted_printable(std::string(before, 'a') + ".").find("\n."), std::string::npos) << before;
}

TEST(Mime, AMailHasBothForms) {
  const std::string mail = compose(
      {.to = "ann@example.com", .subject = "Hello", .text = "plain words", .html = "<b>words</b>"},
      {.from = "maestro@example.com", .date = from_ms(784'111'777'000), .id = "1@example.com", .boundary = "BB"});
  EXPECT_THAT(mail, testing::StartsWith("Date: Sun, 06 Nov 1994 08:49:37 +0000\r\nFrom: maestro@example.com\r\n"
                                        "To: ann@example.com\r\nSubject: Hello\r\nMessage-ID: <1@example.com>\r\n"));
  EXPECT_LT(mail.find("plain words"), mail.find("<b>words</b>"));
  EXPECT_THAT(mail, testing::EndsWith("\r\n--BB--\r\n"));
  for (std::size_t at = mail.find('\n'); at != std::string::npos; at = mail.find('\n', at + 1))
    EXPECT_EQ(mail[at - 1], '\r');
}

TEST(Smtp, IsOffUntilHostPortAndSenderAreAllThere) {
  SmtpOptions good;
  good.host = "mail.example.com";
  good.port = 25;
  good.sender = "a@b.example";
  EXPECT_EQ(why_off(good), std::nullopt);
  EXPECT_THAT(*why_off({}), HasSubstr("SMTP_HOST, SMTP_PORT and SMTP_SENDER"));
  SmtpOptions other = good;
  other.host = "mail.example.com/x";
  EXPECT_THAT(*why_off(other), HasSubstr("SMTP_HOST"));
  other = good;
  other.port = 0;
  EXPECT_THAT(*why_off(other), HasSubstr("SMTP_PORT"));
  other = good;
  other.sender = "Maestro <a@b>";
  EXPECT_THAT(*why_off(other), HasSubstr("SMTP_SENDER"));
}

TEST(Smtp, GivesUpInTime) {
  const SystemClock clock;
  SmtpOptions options;
  options.host = "127.0.0.1";
  options.port = 1;
  options.sender = "a@b.example";
  const auto mailer = make_smtp_mailer(options, clock);
  const Message message{.to = "ann@example.com", .subject = "s", .text = "t", .html = "h"};
  EXPECT_EQ(mailer->send({}, message).error().code, Code::kUnavailable);
  EXPECT_EQ(mailer->send({.deadline = clock.now() - Millis(1)}, message).error().code, Code::kUnavailable);
  Message wrong = message;
  wrong.to = "ann@example.com>\r\nDATA";
  EXPECT_EQ(mailer->send({}, wrong).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace maestro::mail
