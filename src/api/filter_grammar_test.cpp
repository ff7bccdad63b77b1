#include "api/filter_grammar.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "http/query.h"
#include "store/match.h"

namespace maestro::api {
namespace {

using store::Filter;

const model::Entity& servers() { return *model::find_entity("servers"); }
const Time kNow = *parse_iso("2026-03-10T15:04:05.678Z");

std::string text_of(const Filter& filter) {
  static constexpr const char* kOps[] = {
      "eq", "regex", "contains", "starts", "<", "<=", ">", ">=", "within", "pair", "absent", "never"};
  if (filter.kind == Filter::Kind::kLeaf) {
    json::Array values(filter.leaf.values.begin(), filter.leaf.values.end());
    return filter.leaf.path + " " + kOps[static_cast<int>(filter.leaf.op)] + " " + json::write(json::Value(values));
  }
  std::vector<std::string> parts;
  for (const Filter& child : filter.children) parts.push_back(text_of(child));
  const char* name = filter.kind == Filter::Kind::kNot ? "not" : filter.kind == Filter::Kind::kAny ? "any" : "all";
  return fmt::format("{}({})", name, fmt::join(parts, ", "));
}

struct Read {
  std::string filter;
  std::string faults;  ///< "path type" of each violation
  std::string messages;
  bool relative = false;
};
Read read(std::string_view query, const model::Entity& entity = servers()) {
  Moment moment{kNow, false};
  Violations violations;
  Read out;
  out.filter = text_of(read_filters(http::parse_nested(query), entity, moment, violations));
  out.relative = moment.used;
  if (violations.empty()) return out;
  const json::Value details = json::parse_trusted(violations.error().details_json);
  for (const json::Value& one : details.get_array()) {
    const auto& violation = one.get_object();
    out.faults += json::write(violation.at("path")) + std::string(violation.at("type").get_string()) + " ";
    out.messages += std::string(violation.at("message").get_string()) + "\n";
  }
  return out;
}

TEST(FilterGrammar, ReadsEachOperatorInTheTypeOfItsField) {
  const std::pair<const char*, const char*> rows[] = {
      {"name[eq]=web,1", R"(name eq ["web,1"])"},
      {"name[eq]=", R"(name eq [""])"},
      {"name[eq]=a&name[eq]=b", R"(name eq ["a","b"])"},
      {"name[ne]=a&name[ne]=b", R"(not(name eq ["a","b"]))"},
      {"name[in]=a,,b%5C,c,%5C%5C", R"(name eq ["a","b,c","\\"])"},
      {"name[in]=a,b&name[in]=c", R"(name eq ["a","b","c"])"},
      {"name[in][]=a&name[in][]=b", R"(name eq ["a","b"])"},
      {"name[nin]=a,b", R"(not(name eq ["a","b"]))"},
      {"name[contains]=a.b", R"(name contains ["a.b"])"},
      {"name[contains]=a&name[contains]=b", R"(any(name contains ["a"], name contains ["b"]))"},
      {"name[starts]=a", R"(name starts ["a"])"},
      {"name%5Bregex%5D=%5Ea%2B%24", R"(name regex ["^a+$"])"},
      {"name[exists]=true", "not(name absent [])"},
      {"name[exists]=false", "name absent []"},
      {"cpu[eq]=4", "cpu eq [4]"},
      {"cpu[eq]=4.0", "cpu eq [4.0]"},
      {"cpu[in]=1,2.5,-3,1e3", "cpu eq [1,2.5,-3,1000.0]"},
      {"cpu[gte]=2&cpu[lt]=8", "cpu >= [2], cpu < [8]"},
      {"cpu[gt]=%201&cpu[lte]=2", "cpu > [1], cpu <= [2]"},
      {"storage.size[gt]=10", "storage.size > [10]"},
      {"storage.lvm[eq]=true", "storage.lvm eq [true]"},
      {"storage.lvm[ne]=false", "not(storage.lvm eq [false])"},
      {"unique_id[eq]=42", R"(unique_id eq ["42",42])"},
      {"unique_id[eq]=i-1", R"(unique_id eq ["i-1"])"},
      {"_id[eq]=5F00000000000000000000A1", R"(_id eq ["5f00000000000000000000a1"])"},
      {"datacenters._id[in]=5F00000000000000000000A1", R"(datacenters._id eq ["5f00000000000000000000a1"])"},
      {"ipv4_private[within]=10.0.0.0/8", R"(ipv4_private within ["10.0.0.0/8"])"},
      {"ipv4_private[within]=10.0.0.0/8,fd00::/8",
       R"(any(ipv4_private within ["10.0.0.0/8"], ipv4_private within ["fd00::/8"]))"},
      {"ipv4_private[starts]=10.", R"(ipv4_private starts ["10."])"},
      {"tags[has]=env", R"(tags pair ["env"])"},
      {"tags[has]=env=", R"(tags pair ["env",""])"},
      {"tags[has]=env=a=b,team", R"(any(tags pair ["env","a=b"], tags pair ["team"]))"},
      {"tags[exists]=true", "not(tags absent [])"},
      {"tags.key[eq]=env", R"(tags.key eq ["env"])"},
      {"ipv4_all[contains]=10.", R"(ipv4_all contains ["10."])"},
      {"os[exists]=true", "not(os absent [])"},
  };
  for (const auto& [query, expected] : rows) {
    const Read got = read(query);
    EXPECT_EQ(got.filter, fmt::format("all({})", expected)) << query;
    EXPECT_EQ(got.messages, "") << query;
    EXPECT_FALSE(got.relative) << query;
  }
}

TEST(FilterGrammar, BringsTimesToTheFormThatDocumentsShow) {
  const std::tuple<const char*, const char*, bool> rows[] = {
      {"2026-01-02", "2026-01-02T00:00:00.000Z", false},
      {"2026-01-02T03:04", "2026-01-02T03:04:00.000Z", false},
      {"2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600Z", false},
      {"2026-01-02T03:04:05%2B02:00", "2026-01-02T01:04:05.000Z", false},
      {"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z", false},
      {"2026-01-02 03:04", "2026-01-02T03:04:00.000Z", false},
      {"now", "2026-03-10T15:04:05.678Z", true},
      {"today", "2026-03-10T00:00:00.000Z", true},
      {"-30m", "2026-03-10T14:34:05.678Z", true},
      {"-12h", "2026-03-10T03:04:05.678Z", true},
      {"-7d", "2026-03-03T15:04:05.678Z", true},
      {"-2w", "2026-02-24T15:04:05.678Z", true},
  };
  for (const auto& [text, expected, relative] : rows) {
    const Read got = read(fmt::format("updated_at[gte]={}", text));
    EXPECT_EQ(got.filter, fmt::format("all(updated_at >= [\"{}\"])", expected)) << text;
    EXPECT_EQ(got.relative, relative) << text;
  }
  EXPECT_EQ(read("storage.attach_time[lt]=2026-01-02").filter,
            R"(all(storage.attach_time < ["2026-01-02T00:00:00.000Z"]))");
  EXPECT_EQ(read("storage.attach_time[eq]=2026-01-02").filter,
            R"(all(storage.attach_time eq ["2026-01-02T00:00:00.000Z","2026-01-02"]))");
  for (const char* text : {"", "x", "2026", "2026-02-30", "2026-01-01T25:00", "-7", "-7y", "--7d", "-d", "7d", "-1.5d",
                           "-99999999999999999999d", "-9999999999w", "-200000w", "0000-01-01T00:00%2B01:00",
                           "9999-12-31T23:59:60", "tomorrow", "NOW"}) {
    const Read got = read(fmt::format("created_at[lt]={}", text));
    EXPECT_EQ(got.faults, R"(["created_at"]date.base )") << text;
  }
}

TEST(FilterGrammar, GroupsAlternativesAndNegates) {
  EXPECT_EQ(read("or[0][status][eq]=A&or[0][name][contains]=w&or[1][cpu][gt]=4&role[eq]=r").filter,
            R"(all(any(all(status eq ["A"], name contains ["w"]), all(cpu > [4])), role eq ["r"]))");
  EXPECT_EQ(read("or[][status][eq]=A&or[][status][eq]=B").messages, "") << "indexes may be left out";
  EXPECT_EQ(read("not[name][contains]=a&not[cpu][gt]=4").filter, R"(all(not(name contains ["a"]), not(cpu > [4])))");
  EXPECT_EQ(read("or[0][not][name][eq]=a").filter, R"(all(any(all(not(name eq ["a"])))))");
  EXPECT_EQ(read("or[0][not][name][in][]=a&or[0][not][name][in][]=b").filter,
            R"(all(any(all(not(name eq ["a","b"])))))");
  EXPECT_EQ(read("not[name][ne]=a").filter, R"(all(not(not(name eq ["a"]))))");
  std::string many;
  for (int i = 0; i < 20; ++i) many += fmt::format("&or[{}][name][eq]={}", i * 7, i);
  EXPECT_EQ(read(many).messages, "") << "indexes beyond twenty";
}

TEST(FilterGrammar, LeavesPlainKeysAlone) {
  for (const char* query : {"name=web", "name=a&name=b", "nothing=x", "or=x", "not=x", "limit[a]=2", "page[a]=2",
                            "query[name]=x", "orderBy[]=name", "__proto__=1", "roles=x", "sort=x", ""}) {
    EXPECT_EQ(read(query).filter, "all()") << query;
    EXPECT_EQ(read(query).messages, "") << query;
  }
}

TEST(FilterGrammar, ADatabasesOperatorMatchesNothingEvenNegated) {
  EXPECT_EQ(read("name[$ne]=x").filter, "all(name never [])");
  EXPECT_EQ(read("not[name][$ne]=x").filter, "all(name never [])");
  EXPECT_EQ(read("or[0][name][$where]=x&or[1][name][eq]=a").filter,
            R"(all(any(all(name never []), all(name eq ["a"]))))");
}

TEST(FilterGrammar, NamesFieldAndRuleOfEveryFault) {
  const std::pair<std::string, const char*> rows[] = {
      {"nothing[eq]=x", R"(["nothing"]any.unknown )"},
      {"__proto__[eq]=x", R"(["__proto__"]any.unknown )"},
      {"constructor[prototype][eq]=x", R"(["constructor"]any.unknown )"},
      {"active[eq]=false", R"(["active"]any.unknown )"},
      {"roles[eq]=x", R"(["roles"]any.unknown )"},
      {"roles._id[eq]=x", R"(["roles._id"]any.unknown )"},
      {"$where[eq]=x", R"(["$where"]any.unknown )"},
      {"name[like]=x", R"(["name"]any.operator )"},
      {"name[__proto__]=x", R"(["name"]any.operator )"},
      {"name[EQ]=x", R"(["name"]any.operator )"},
      {"name[gt]=x", R"(["name"]any.operator )"},
      {"name[within]=10.0.0.0/8", R"(["name"]any.operator )"},
      {"name[has]=x", R"(["name"]any.operator )"},
      {"cpu[contains]=1", R"(["cpu"]any.operator )"},
      {"updated_at[contains]=2026", R"(["updated_at"]any.operator )"},
      {"_id[contains]=5f", R"(["_id"]any.operator )"},
      {"_id[exists]=true", R"(["_id"]any.operator )"},
      {"tags[eq]=x", R"(["tags"]any.operator )"},
      {"os[eq]=x", R"(["os"]any.operator )"},
      {"storage.lvm[in]=true", R"(["storage.lvm"]any.operator )"},
      {"cpu[eq]=x", R"(["cpu"]number.base )"},
      {"cpu[eq]=", R"(["cpu"]number.base )"},
      {"cpu[eq]=nan&cpu[ne]=inf", R"(["cpu"]number.base ["cpu"]number.base )"},
      {"cpu[in]=1,x,y", R"(["cpu"]number.base ["cpu"]number.base )"},
      {"cpu[gt]=1e999", R"(["cpu"]number.base )"},
      {"cpu[gt]=0x10", R"(["cpu"]number.base )"},
      {"cpu[gt]=1&cpu[gt]=2", R"(["cpu"]array.max )"},
      {"storage.lvm[eq]=yes", R"(["storage.lvm"]boolean.base )"},
      {"name[exists]=1", R"(["name"]boolean.base )"},
      {"name[exists]=true&name[exists]=false", R"(["name"]array.max )"},
      {"_id[eq]=zzz", R"(["_id"]string.regex.base )"},
      {"datacenters._id[ne]=autocomplete", R"(["datacenters._id"]string.regex.base )"},
      {"ipv4_private[within]=10.0.0.0/33", R"(["ipv4_private"]string.ip )"},
      {"ipv4_private[within]=10.", R"(["ipv4_private"]string.ip )"},
      {"tags[has]==x", R"(["tags"]string.pair )"},
      {"tags[has]=", R"(["tags"]array.min )"},
      {"name[in]=", R"(["name"]array.min )"},
      {"name[in]=,,", R"(["name"]array.min )"},
      {"name[contains]=", R"(["name"]any.empty )"},
      {"name[regex]=a(", R"(["name"]string.regex )"},
      {"name[regex]=*", R"(["name"]string.regex )"},
      {"name[regex]=(?%3C!a)b", R"(["name"]string.regex )"},
      {"name[regex]=((a{100}){100}){100}", R"(["name"]string.regex )"},
      {"name[regex]=" + std::string(513, 'x'), R"(["name"]string.max )"},
      {"name[contains]=" + std::string(513, 'x'), R"(["name"]string.max )"},
      {"name[eq]=" + std::string(5000, 'x'), R"(["name"]string.max )"},
      {"name[eq][a]=x", R"(["name"]string.base )"},
      {"name[eq][0][a]=x", R"(["name"]string.base )"},
      {"name[a][b][c][d][e][f][g]=x", R"(["name"]any.operator )"},
      {"name[eq]=a&name=b", R"(["name"]any.operator )"},
      {"name=b&name[eq]=a", R"(["name"]filter.grammar )"},
      {"name[eq=a", R"(["name[eq"]filter.grammar )"},
      {"or[0]=x", R"(["or",0]filter.grammar )"},
      {"or[]=x", R"(["or",0]filter.grammar )"},
      {"or[0][status]=A", R"(["or",0,"status"]filter.grammar )"},
      {"or[0][nothing][eq]=A", R"(["or",0,"nothing"]any.unknown )"},
      {"or[0][or][0][name][eq]=A", R"(["or",0,"or"]filter.grammar )"},
      {"not[name]=a", R"(["not","name"]filter.grammar )"},
      {"not[]=a", R"(["not"]filter.grammar )"},
      {"or[1][not][cpu][gt]=x", R"(["or",0,"not","cpu"]number.base )"},
      {"nothing[eq]=x&cpu[gt]=y&name[like]=z", R"(["nothing"]any.unknown ["cpu"]number.base ["name"]any.operator )"},
  };
  for (const auto& [query, expected] : rows) EXPECT_EQ(read(query).faults, expected) << query.substr(0, 80);
  EXPECT_EQ(read("name[regex]=a(").messages, "\"name\" [regex] must be a regular expression: missing ): a(\n");
  EXPECT_EQ(read("cpu[contains]=1").messages,
            "\"cpu\" is of a type without the operator contains; it has eq, ne, in, nin, lt, lte, gt, gte, exists\n");
}

TEST(FilterGrammar, BoundsWhatOneRequestMayAsk) {
  const auto repeated = [](const char* one, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += fmt::format(fmt::runtime(one), i);
    return out;
  };
  EXPECT_EQ(read("name[in]=" + repeated("v{},", 500)).messages, "");
  EXPECT_EQ(read("name[in]=" + repeated("v{},", 501)).faults, R"(["name"]array.max )");
  EXPECT_EQ(read(repeated("name[contains]=v{}&", 100)).messages, "");
  EXPECT_EQ(read(repeated("name[contains]=v{}&", 101)).faults, R"(["filter"]array.max )");
  EXPECT_EQ(read(repeated("cpu[gt]=1&or[{}][name][eq]=v&", 20) + repeated("name[contains]=v{}&", 80)).faults,
            R"(["cpu"]array.max ["filter"]array.max )");
  EXPECT_EQ(read(repeated("name[regex]=v{}&", 10)).messages, "");
  EXPECT_EQ(read(repeated("name[regex]=v{}&", 11)).faults, R"(["filter"]array.max )");
  EXPECT_EQ(read(repeated("or[{}][name][eq]=v&", 20)).messages, "");
  EXPECT_EQ(read(repeated("or[{}][name][eq]=v&", 21)).faults, R"(["or"]array.max )");
}

TEST(FilterGrammar, MessagesAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "\xc3\xa4";
  const Read got = read(name + "[eq]=x");
  EXPECT_LT(got.messages.size(), 120U);
  EXPECT_TRUE(text::is_utf8(got.messages));
}

// What holds for every field that is declared, now and later.
TEST(FilterGrammar, EveryDeclaredFieldHasOperatorsThatWork) {
  for (const model::Entity* entity : model::entities()) {
    for (const auto& flat : model::flatten(*entity)) {
      // An array that no text equals: lists of reports lose nothing by the parameter of this name.
      const bool shadowed = flat.path == "columns" && std::string_view(entity->name) == "reports";
      EXPECT_EQ(is_list_parameter(flat.path), shadowed)
          << entity->name << " " << flat.path << ": lists would not find it";
      const auto names = operators_of(*entity, flat.path);
      EXPECT_EQ(names.empty(), kind_of(*entity, flat.path) == Kind::kNone) << flat.path;
      for (const char* name : names) {
        bool fits = false;
        for (const char* value : {"1", "true", "2026-01-01", "10.0.0.0/8", "5f00000000000000000000a1"})
          fits = fits || read(fmt::format("{}[{}]={}", flat.path, name, value), *entity).messages.empty();
        EXPECT_TRUE(fits) << entity->name << " " << flat.path << " " << name;
      }
    }
  }
}

TEST(FilterGrammar, PeopleAreFilteredByWhatTheirListShows) {
  const model::Entity& users = *model::find_entity("users");
  for (const char* path : {"phone", "address", "city", "password", "active"})
    EXPECT_TRUE(operators_of(users, path).empty()) << path;
  EXPECT_FALSE(operators_of(users, "email").empty());
}

}  // namespace
}  // namespace maestro::api
