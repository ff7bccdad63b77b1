// XML as text appended to a string: an answer of a thousand instances is megabytes, a tree of it would be more.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace maestro::cloudsim {

inline void append_xml_text(std::string& out, std::string_view text) {
  for (;;) {
    const auto at = text.find_first_of("&<>\"");
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return;
    switch (text[at]) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      default:
        out.append("&quot;");
    }
    text.remove_prefix(at + 1);
  }
}

class Xml {
 public:
  explicit Xml(std::string& out) : out_(out) {}

  Xml& open(std::string_view tag) {
    out_.append("<").append(tag).append(">");
    return *this;
  }
  Xml& close(std::string_view tag) {
    out_.append("</").append(tag).append(">");
    return *this;
  }
  Xml& empty(std::string_view tag) {
    out_.append("<").append(tag).append("/>");
    return *this;
  }
  /// `value` is known to need no escape: ids, numbers, names of our own.
  Xml& leaf(std::string_view tag, std::string_view value) {
    open(tag);
    out_.append(value);
    return close(tag);
  }
  Xml& leaf(std::string_view tag, const char* value) { return leaf(tag, std::string_view(value)); }
  Xml& leaf(std::string_view tag, bool value) { return leaf(tag, std::string_view(value ? "true" : "false")); }
  template <typename Number>
  requires std::is_arithmetic_v<Number> Xml& leaf(std::string_view tag, Number value) {
    return leaf(tag, std::string_view(fmt::format("{}", value)));
  }
  Xml& text(std::string_view tag, std::string_view value) {
    open(tag);
    append_xml_text(out_, value);
    return close(tag);
  }
  /// Ready-made text.
  Xml& raw(std::string_view xml) {
    out_.append(xml);
    return *this;
  }

 private:
  std::string& out_;
};

}  // namespace maestro::cloudsim
