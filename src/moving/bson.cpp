#include "moving/bson.h"

#include <bson/bson.h>

#include <cmath>

#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"

namespace maestro::moving {
namespace {

constexpr double kWhole = 9007199254740992.0;  // 2^53: every whole double below is exact
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

Error damaged(std::string_view what, std::size_t at) {
  return invalid(fmt::format("{} (byte {} of the document)", what, at));
}

/// One U+FFFD for each byte that is part of no character, and for each zero, which not every store can hold.
std::string mended(std::string_view text) {
  std::string out = text::to_utf8(std::string(text));
  for (std::size_t at = out.find('\0'); at != std::string::npos; at = out.find('\0', at))
    out.replace(at, 1, kReplacement);
  return out;
}

class Reader {
 public:
  Reader(const char* start, std::vector<Oddity>& oddities) : start_(start), oddities_(oddities) {}

  Result<json::Object> object(bson_iter_t& iter, int depth) {
    json::Object out;
    TRY(each(iter, depth, [&](const std::string& key, json::Value value) {
      if (out.contains(key)) tell("a name that stands twice in one document", "the last value is kept");
      out.insert_or_assign(key, std::move(value));
    }));
    return out;
  }

 private:
  template <typename Take>
  Result<void> each(bson_iter_t& iter, int depth, const Take& take) {
    if (depth > kMaxDepth)
      return damaged(fmt::format("documents are nested deeper than {} levels", kMaxDepth), offset(iter));
    while (bson_iter_next(&iter)) {
      std::string key(bson_iter_key(&iter), bson_iter_key_len(&iter));
      if (!text::is_utf8(key)) key = mended(key);
      const std::size_t length = path_.size();
      if (!path_.empty()) path_ += '.';
      path_ += key;
      TRY_ASSIGN(json::Value read, value(iter, depth));
      take(std::move(key), std::move(read));
      path_.resize(length);
    }
    if (iter.err_off != 0) return damaged("a value that does not end inside its document", offset(iter));
    return {};
  }

  Result<json::Value> inner(const bson_iter_t& iter, int depth) {
    bson_iter_t below;
    if (!bson_iter_recurse(&iter, &below))
      return damaged("a document inside another that is no document", offset(iter));
    if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
      TRY_ASSIGN(json::Object read, object(below, depth + 1));
      return json::Value(std::move(read));
    }
    json::Array out;
    TRY(each(below, depth + 1, [&](const std::string&, json::Value read) { out.push_back(std::move(read)); }));
    return json::Value(std::move(out));
  }

  json::Value text(std::string_view read) {
    if (read.find('\0') == std::string_view::npos && text::is_utf8(read)) return json::Value(read);
    tell("a text with bytes that are no UTF-8, or a zero character", "U+FFFD stands for each");
    return json::Value(mended(read));
  }

  json::Value number(double read) {
    if (std::isfinite(read)) {
      if (std::trunc(read) == read && std::fabs(read) <= kWhole) return static_cast<std::int64_t>(read);
      return read;
    }
    tell("a number that is none", "kept as a text");
    return std::isnan(read) ? "NaN" : read > 0 ? "Infinity" : "-Infinity";
  }

  json::Value date(std::int64_t ms) {
    // The years that four digits can say.
    constexpr std::int64_t kFirst = -62'167'219'200'000, kLast = 253'402'300'799'999;
    if (ms >= kFirst && ms <= kLast) return json::Value(to_iso(from_ms(ms)));
    tell("a date outside the years 0000 to 9999", "kept as a number of milliseconds");
    return ms;
  }

  Result<json::Value> value(const bson_iter_t& iter, int depth) {
    std::uint32_t length = 0;
    switch (bson_iter_type(&iter)) {
      case BSON_TYPE_DOUBLE:
        return number(bson_iter_double(&iter));
      case BSON_TYPE_UTF8: {
        const char* read = bson_iter_utf8(&iter, &length);
        return text({read, length});
      }
      case BSON_TYPE_DOCUMENT:
      case BSON_TYPE_ARRAY:
        return inner(iter, depth);
      case BSON_TYPE_OID:
        return json::Value(ObjectId::from_bytes(bson_iter_oid(&iter)->bytes).hex());
      case BSON_TYPE_BOOL:
        return json::Value(bson_iter_bool(&iter));
      case BSON_TYPE_DATE_TIME:
        return date(bson_iter_date_time(&iter));
      case BSON_TYPE_NULL:
      case BSON_TYPE_UNDEFINED:  // the original shows it as null
        return json::Value(nullptr);
      case BSON_TYPE_INT32:
        return json::Value(std::int64_t{bson_iter_int32(&iter)});
      case BSON_TYPE_INT64:
        return json::Value(bson_iter_int64(&iter));
      default:
        return rare(iter);
    }
  }

  /// Types that nothing of the original writes.
  Result<json::Value> rare(const bson_iter_t& iter) {
    std::uint32_t length = 0;
    switch (bson_iter_type(&iter)) {
      case BSON_TYPE_BINARY: {
        bson_subtype_t subtype{};
        const std::uint8_t* bytes = nullptr;
        bson_iter_binary(&iter, &subtype, &length, &bytes);
        tell("bytes", "kept as base64");
        return json::Value(text::to_base64({reinterpret_cast<const char*>(bytes), length}));
      }
      case BSON_TYPE_REGEX: {
        const char* flags = nullptr;
        const std::string pattern(bson_iter_regex(&iter, &flags));
        tell("a pattern", "kept as a text");
        return text(fmt::format("/{}/{}", pattern, flags));
      }
      case BSON_TYPE_SYMBOL: {
        const char* read = bson_iter_symbol(&iter, &length);
        return text({read, length});
      }
      case BSON_TYPE_CODE: {
        const char* read = bson_iter_code(&iter, &length);
        tell("program text", "kept as a text");
        return text({read, length});
      }
      case BSON_TYPE_TIMESTAMP: {
        std::uint32_t seconds = 0, step = 0;
        bson_iter_timestamp(&iter, &seconds, &step);
        tell("a timestamp of replication", "kept as a date");
        return date(std::int64_t{seconds} * 1000);
      }
      case BSON_TYPE_DECIMAL128: {
        bson_decimal128_t read{};
        bson_iter_decimal128(&iter, &read);
        char words[BSON_DECIMAL128_STRING];
        bson_decimal128_to_string(&read, words);
        tell("a decimal number", "kept as a text");
        return json::Value(words);
      }
      default:
        tell("a value that JSON has no word for", "kept as null");
        return json::Value(nullptr);
    }
  }

  void tell(const char* rule, const char* done) { oddities_.push_back({path_, rule, done}); }
  std::size_t offset(const bson_iter_t& iter) const {
    const auto base = static_cast<std::size_t>(reinterpret_cast<const char*>(iter.raw) - start_);
    return base + (iter.err_off != 0 ? iter.err_off : iter.off);
  }

  const char* start_;
  std::vector<Oddity>& oddities_;
  std::string path_;
};

}  // namespace

Result<json::Object> read_bson(std::string_view bytes, std::vector<Oddity>& oddities) {
  bson_iter_t iter;
  if (!bson_iter_init_from_data(&iter, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))
    return damaged("bytes that are no document", 0);
  return Reader(bytes.data(), oddities).object(iter, 1);
}

}  // namespace maestro::moving
