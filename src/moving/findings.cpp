#include "moving/findings.h"

namespace maestro::moving {
namespace {

/// Texts of a dump hold anything: a line stays a line, and a terminal is told nothing.
std::string shown(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  if (text.size() > 200) text = text.substr(0, 200) + "...";
  return text;
}

}  // namespace

void Findings::add(Finding finding) {
  finding.id = shown(std::move(finding.id));
  finding.field = shown(std::move(finding.field));
  finding.rule = shown(std::move(finding.rule));
  ++count_;
  if (all_ != nullptr) {
    *all_ << finding.collection << '\t' << finding.id << '\t' << finding.field << '\t' << finding.rule << '\t'
          << finding.done << '\n';
  }
  Group& group = groups_[{finding.collection, finding.rule, finding.done}];
  ++group.count;
  if (group.examples.size() < kKept) group.examples.push_back(std::move(finding));
}

}  // namespace maestro::moving
