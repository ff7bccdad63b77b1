#include "store_sql/cursor.h"

#include <bit>

#include "base/crypto.h"
#include "base/text.h"

namespace maestro::store_sql {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kFingerprint = 8;
constexpr std::size_t kHead = 1 + kFingerprint + 1 + 12 + 1;

json::Array filter_json(const store::Filter& filter) {
  json::Array out{static_cast<std::int64_t>(filter.kind)};
  if (filter.kind == store::Filter::Kind::kElement) out.push_back(json::Value(filter.leaf.path));
  if (filter.kind == store::Filter::Kind::kLeaf) {
    out.push_back(json::Value(filter.leaf.path));
    out.push_back(static_cast<std::int64_t>(filter.leaf.op));
    out.push_back(json::Array(filter.leaf.values.begin(), filter.leaf.values.end()));
  }
  for (const store::Filter& child : filter.children) out.push_back(filter_json(child));
  return out;
}

void put_integer(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

std::uint64_t get_integer(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string list_fingerprint(const store::ListSpec& spec) {
  const json::Array whole{spec.entity->name, spec.sort, spec.descending,
                          spec.active ? json::Value(*spec.active) : json::Value(nullptr), filter_json(spec.filter)};
  return crypto::sha256(json::canonical(whole)).substr(0, kFingerprint);
}

std::string write_cursor(const Cursor& cursor, std::string_view fingerprint) {
  std::string out(1, kVersion);
  out += fingerprint;
  out += cursor.backward ? 'b' : 'f';
  out.append(reinterpret_cast<const char*>(cursor.id.bytes().data()), 12);
  if (const auto* text = std::get_if<std::string>(&cursor.key)) {
    out += 't';
    out += *text;
  } else if (const auto* real = std::get_if<double>(&cursor.key)) {
    out += 'd';
    put_integer(out, std::bit_cast<std::uint64_t>(*real));
  } else if (const auto* number = std::get_if<std::int64_t>(&cursor.key)) {
    out += 'i';
    put_integer(out, static_cast<std::uint64_t>(*number));
  } else {
    out += 'n';
  }
  return text::to_base64url(out);
}

Result<Cursor> read_cursor(std::string_view text, std::string_view fingerprint) {
  const Error wrong = invalid("\"cursor\" is not a cursor of this list");
  const auto raw = text::from_base64(text);
  if (!raw || raw->size() < kHead || (*raw)[0] != kVersion || raw->substr(1, kFingerprint) != fingerprint) return wrong;
  Cursor cursor;
  const char direction = (*raw)[1 + kFingerprint];
  if (direction != 'f' && direction != 'b') return wrong;
  cursor.backward = direction == 'b';
  cursor.id = ObjectId::from_bytes(raw->data() + 2 + kFingerprint);
  const std::string_view rest = std::string_view(*raw).substr(kHead);
  switch ((*raw)[kHead - 1]) {
    case 't':
      cursor.key = std::string(rest);
      return cursor;
    case 'n':
      if (!rest.empty()) return wrong;
      return cursor;
    case 'd':
    case 'i':
      if (rest.size() != 8) return wrong;
      if ((*raw)[kHead - 1] == 'd')
        cursor.key = std::bit_cast<double>(get_integer(rest));
      else
        cursor.key = static_cast<std::int64_t>(get_integer(rest));
      return cursor;
    default:
      return wrong;
  }
}

}  // namespace maestro::store_sql
