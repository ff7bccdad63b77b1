// The only unit that includes yaml-cpp.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "provider/yaml.h"

namespace maestro::provider {

namespace {

constexpr std::size_t kMaxBytes = 256U << 10;
constexpr int kMaxDepth = 24;
constexpr int kMaxNodes = 50'000;  // aliases can multiply: a short text may stand for millions of nodes

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<YamlNode> read(const YAML::Node& from, int depth) {
    YamlNode out;
    const YAML::Mark mark = from.Mark();
    out.line = mark.line + 1;
    out.column = mark.column + 1;
    const auto mistake = [&](std::string_view text) {
      return invalid(fmt::format("{}:{}:{}: {}", file_, out.line, out.column, text));
    };
    if (depth > kMaxDepth) return mistake("is nested too deeply");
    if (++nodes_ > kMaxNodes) return mistake("has too many nodes");
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        out.kind = YamlNode::Kind::kScalar;
        out.text = from.Scalar();
        out.quoted = from.Tag() == "!";
        break;
      case YAML::NodeType::Sequence:
        out.kind = YamlNode::Kind::kList;
        for (const auto& item : from) {
          TRY_ASSIGN(YamlNode child, read(item, depth + 1));
          out.items.push_back(std::move(child));
        }
        break;
      case YAML::NodeType::Map:
        out.kind = YamlNode::Kind::kMap;
        for (const auto& member : from) {
          TRY_ASSIGN(YamlNode key, read(member.first, depth + 1));
          if (key.kind == YamlNode::Kind::kNull) key.kind = YamlNode::Kind::kScalar;  // `null:` and `~:` as keys
          if (key.kind != YamlNode::Kind::kScalar) return mistake("has a key that is no plain word");
          if (out.find(key.text) != nullptr) {
            return invalid(fmt::format("{}:{}:{}: '{}' is there twice", file_, key.line, key.column, key.text));
          }
          TRY_ASSIGN(YamlNode child, read(member.second, depth + 1));
          out.keys.push_back(std::move(key));
          out.items.push_back(std::move(child));
        }
        break;
    }
    return out;
  }

 private:
  const std::string& file_;
  int nodes_ = 0;
};

}  // namespace

Result<YamlNode> parse_yaml(const std::string& file, std::string_view text) {
  if (text.size() > kMaxBytes) return invalid(fmt::format("{}:1:1: is larger than {} KB", file, kMaxBytes >> 10));
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    return Reader(file).read(root, 0);
  } catch (const YAML::Exception& problem) {
    return invalid(fmt::format("{}:{}:{}: {}", file, problem.mark.line + 1, problem.mark.column + 1, problem.msg));
  } catch (const std::exception& problem) {
    return invalid(fmt::format("{}:1:1: {}", file, problem.what()));
  }
}

}  // namespace maestro::provider
