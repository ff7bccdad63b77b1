#include "api/filter_fields.h"

#include <algorithm>

#include "store/projection.h"

namespace maestro::api {
namespace {

using model::Entity;
using model::Field;
using model::Type;

constexpr unsigned any_of(std::initializer_list<Kind> kinds) {
  unsigned out = 0;
  for (const Kind kind : kinds) out |= static_cast<unsigned>(kind);
  return out;
}
using enum Kind;
constexpr unsigned kEquals = any_of({kText, kAddress, kNumber, kTime, kMoment, kId, kScalar});
constexpr unsigned kTexts = any_of({kText, kAddress, kScalar});
constexpr unsigned kOrdered = any_of({kNumber, kTime, kMoment});
constexpr unsigned kEvery = kEquals | any_of({kBoolean, kPairs, kPresence});

constexpr Operator kOperators[] = {
    {"eq", FilterOp::kEq, kEquals | any_of({kBoolean}), "Equal; repeated: to any of them."},
    {"ne", FilterOp::kNe, kEquals | any_of({kBoolean}), "Not equal, or not there; repeated: to none of them."},
    {"in", FilterOp::kIn, kEquals, "Equal to one of a list with commas (a comma inside a value: \\,)."},
    {"nin", FilterOp::kNin, kEquals, "Equal to none of a list with commas, or not there."},
    {"contains", FilterOp::kContains, kTexts, "Has this text in it, in any case of letters."},
    {"starts", FilterOp::kStarts, kTexts, "Begins with this text, in any case of letters."},
    {"regex", FilterOp::kRegex, kTexts, "Matches a regular expression (RE2), in any case of letters."},
    {"lt", FilterOp::kLess, kOrdered, "Less, or earlier."},
    {"lte", FilterOp::kLessEq, kOrdered, "Less or equal."},
    {"gt", FilterOp::kGreater, kOrdered, "Greater, or later."},
    {"gte", FilterOp::kGreaterEq, kOrdered, "Greater or equal."},
    {"exists", FilterOp::kExists, kEvery, "true = the document has it, false = it has not."},
    {"within", FilterOp::kWithin, any_of({kAddress}), "Lies in this network (CIDR), or in one of a list with commas."},
    {"has", FilterOp::kHas, any_of({kPairs}), "Has this key, or key=value; one of a list with commas."},
};

bool is_fixed(std::string_view path) { return path == "_id" || path == "created_at" || path == "updated_at"; }

bool has_member(const Field& field, std::string_view name) {
  return std::any_of(field.members.begin(), field.members.end(), [&](const Field& one) { return name == one.name; });
}

Kind kind_of_type(const Field& field, Type type) {
  switch (type) {
    case Type::kString:
      return field.moment ? kMoment : kText;
    case Type::kEmail:
    case Type::kUri:
      return kText;
    case Type::kIp:
      return kAddress;
    case Type::kNumber:
      return kNumber;
    case Type::kBoolean:
      return kBoolean;
    case Type::kObjectId:
      return kId;
    case Type::kAny:
    case Type::kStringOrNumber:
      return kScalar;
    case Type::kObject:
      return kPresence;
    case Type::kArray:
      break;
  }
  if (field.of == Type::kArray) return kPresence;
  if (field.of != Type::kObject) return kind_of_type(field, field.of);
  return has_member(field, "key") && has_member(field, "value") ? kPairs : kPresence;
}

}  // namespace

std::span<const Operator> operators() { return kOperators; }

const Operator* find_operator(std::string_view name) {
  for (const Operator& one : kOperators)
    if (name == one.name) return &one;
  return nullptr;
}

bool is_filterable(const Entity& entity, std::string_view path) {
  if (is_fixed(path)) return true;
  if (path == "active") return false;  // lists show what is there; see ?inactive=true
  const Field* field = model::find_field(entity, path);
  if (field == nullptr) return false;
  const std::string_view top = path.substr(0, path.find('.'));
  // Everybody sees every row of an entity without access sets: a filter, sort or column may tell no more than the list.
  if (entity.access == model::Access::kNone && field->show != model::Show::kList) return false;
  // Access sets are kept apart from documents: a test on them would match nothing, its negation everything.
  return !(top == path && field->show == model::Show::kHidden) && model::access_field(entity) != top &&
         field->name != std::string_view("password");
}

bool is_sortable(const Entity& entity, std::string_view path) {
  const Kind kind = kind_of(entity, path);
  return kind != kNone && kind != kPresence && kind != kPairs;
}

std::vector<std::string> facet_fields(const Entity& entity) {
  std::vector<std::string> out;
  for (const store::Column& column : store::columns(entity)) {
    if (column.index == model::Index::kEq && column.kind == store::Column::Kind::kText &&
        is_filterable(entity, column.path))
      out.push_back(column.path);
  }
  return out;
}

bool is_relation_id(const Entity& entity, std::string_view path) {
  if (!path.ends_with("._id")) return false;
  const auto head = path.substr(0, path.size() - 4);
  return std::any_of(entity.relations.begin(), entity.relations.end(), [&](const char* name) { return head == name; });
}

Kind kind_of(const Entity& entity, std::string_view path) {
  if (!is_filterable(entity, path)) return kNone;
  if (path == "_id" || is_relation_id(entity, path)) return kId;
  if (is_fixed(path)) return kTime;
  const Field& field = *model::find_field(entity, path);
  return kind_of_type(field, field.type);
}

bool suits(const Operator& one, const Entity& entity, std::string_view path) {
  if ((one.kinds & static_cast<unsigned>(kind_of(entity, path))) == 0) return false;
  return one.op != FilterOp::kExists || !is_fixed(path);
}

std::vector<const char*> operators_of(const Entity& entity, std::string_view path) {
  std::vector<const char*> out;
  for (const Operator& one : kOperators)
    if (suits(one, entity, path)) out.push_back(one.name);
  return out;
}

}  // namespace maestro::api
