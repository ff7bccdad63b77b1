#include "provider/transforms.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "base/time.h"

namespace maestro::provider {

namespace {

using json::Array;
using json::Object;
using json::Value;

std::string_view view(const Value& value) {
  const auto* string = value.if_string();
  return string == nullptr ? std::string_view() : std::string_view(*string);
}

std::optional<double> number_of(const Value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  const std::string_view word = text::trim(view(value));
  double out = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (word.empty() || error != std::errc() || end != word.data() + word.size() || !std::isfinite(out))
    return std::nullopt;
  return out;
}

/// 16.0 is stored as 16: a whole number reads the same whichever way the provider spells it.
Value tidy(double number) {
  if (std::floor(number) == number && std::fabs(number) < 9e15) return static_cast<std::int64_t>(number);
  return number;
}

const char* want_text(const Value& args) {
  return args.is_string() && !args.get_string().empty() ? nullptr : "needs a text";
}
const char* want_number(const Value& args) {
  const auto number = number_of(args);
  return number && *number != 0 ? nullptr : "needs a number other than 0";
}
const char* want_list(const Value& args) {
  return args.is_array() && !args.get_array().empty() ? nullptr : "needs a list";
}
const char* want_values(const Value& args) {
  const Value* values = json::find(args, "values");
  return values != nullptr && values->is_object() ? nullptr : "needs a map of provider value to stored value";
}
const char* want_address(const Value& args) {
  return view(args) == "private" || view(args) == "public" ? nullptr : "needs private or public";
}

Value cap(const Value& in, const Value&) { return in.is_string() ? Value(text::capitalize(view(in))) : in; }
Value lower(const Value& in, const Value&) { return in.is_string() ? Value(text::lower(view(in))) : in; }
Value upper(const Value& in, const Value&) { return in.is_string() ? Value(text::upper(view(in))) : in; }

Value map_values(const Value& in, const Value& args) {
  const Object& values = args.at("values").get_object();
  const std::string word = json::scalar_text(in);
  if (const Value* found = in.is_null() ? nullptr : values.if_contains(word)) return *found;
  const Value* otherwise = args.get_object().if_contains("otherwise");
  return otherwise == nullptr ? in : *otherwise;
}

Value drop_if(const Value& in, const Value& args) {
  for (const Value& word : args.get_array())
    if (json::equal(word, in)) return nullptr;
  return in;
}

Value split(const Value& in, const Value& args) {
  if (!in.is_string()) return in;
  Array out;
  for (const std::string_view part : text::split(view(in), view(args).front())) {
    const std::string_view word = text::trim(part);
    if (!word.empty()) out.emplace_back(word);
  }
  return out;
}

Value join(const Value& in, const Value& args) {
  if (!in.is_array()) return in;
  std::vector<std::string> parts;
  for (const Value& part : in.get_array()) parts.push_back(json::scalar_text(part));
  return Value(text::join(parts, view(args)));
}

Value first(const Value& in, const Value&) {
  if (!in.is_array()) return in;
  for (const Value& part : in.get_array())
    if (!is_nothing(part)) return part;
  return nullptr;
}

Value wrap(const Value& in, const Value&) { return in.is_array() ? in : Value(Array{in}); }

Value pluck(const Value& in, const Value& args) {
  if (!in.is_array()) return nullptr;
  Array out;
  for (const Value& element : in.get_array()) {
    const Value* found = find_path(element, view(args));
    if (found != nullptr && !is_nothing(*found)) out.push_back(*found);
  }
  return out;
}

Value divide(const Value& in, const Value& args) {
  const auto number = number_of(in);
  return number ? tidy(*number / *number_of(args)) : Value();
}

Value number(const Value& in, const Value&) {
  const auto found = number_of(in);
  return found ? tidy(*found) : Value();
}

Value to_text(const Value& in, const Value&) { return in.is_string() ? in : Value(json::scalar_text(in)); }

Value time(const Value& in, const Value&) {
  const auto parsed = parse_iso(view(in));
  return parsed ? Value(to_iso(*parsed)) : Value();
}

Value tags(const Value& in, const Value&) { return tag_list(in); }

Value pki_auth(const Value& in, const Value&) {
  Object key;
  key["name"] = in;
  key["type"] = "PKI";
  return Array{std::move(key)};
}

/// The family behind the many names that providers give to an image's platform.
Value os_base(const Value& in, const Value&) {
  const std::string word = text::lower(view(in));
  if (word.find("windows") != std::string::npos) return "Windows";
  for (const char* linux_word : {"linux", "unix", "red hat", "rhel", "suse", "ubuntu", "debian", "centos"})
    if (word.find(linux_word) != std::string::npos) return "Linux";
  return in;
}

Value volume_label(const Value& in, const Value&) {
  const std::string_view id = view(in);
  return id.empty() ? Value() : Value(fmt::format("vol-{}", id.substr(0, 3)));
}

struct Candidate {
  std::string_view network, address;
  bool four = false, floating = false;
};

/// nova's `addresses`: {network: [{addr, version, OS-EXT-IPS:type}]}. Networks stay in the provider's order: the first
/// one is the one that the machine was started on.
Value openstack_address(const Value& in, const Value& args) {
  if (!in.is_object()) return nullptr;
  std::vector<Candidate> all;
  for (const auto& network : in.get_object()) {
    if (!network.value().is_array()) continue;
    for (const Value& entry : network.value().get_array()) {
      const Object* object = entry.if_object();
      if (object == nullptr) continue;
      const std::string_view address = json::text_or(*object, "addr");
      if (address.empty()) continue;
      all.push_back({network.key(), address, address.find(':') == std::string_view::npos,
                     json::text_or(*object, "OS-EXT-IPS:type") == "floating"});
    }
  }
  const auto pick = [&](auto&& fits) -> Value {
    for (const bool four : {true, false})
      for (const Candidate& one : all)
        if (one.four == four && fits(one)) return Value(one.address);
    return nullptr;
  };
  if (view(args) == "private") {
    const std::string_view network = all.empty() ? std::string_view() : all.front().network;
    Value found = pick([&](const Candidate& one) { return !one.floating && one.network == network; });
    return found.is_null() ? pick([](const Candidate& one) { return !one.floating; }) : found;
  }
  Value found = pick([](const Candidate& one) { return one.floating; });
  if (!found.is_null()) return found;
  return pick([](const Candidate& one) {
    const std::string name = text::lower(one.network);
    return name.find("internet") != std::string::npos || name.find("public") != std::string::npos;
  });
}

/// Evaluated by the translator, which alone sees the item and the connection; here only their names and arguments.
Value untouched(const Value& in, const Value&) { return in; }

constexpr Transform kTransforms[] = {
    {"cap", "First letter upper case, the rest lower case.", false, nullptr, cap},
    {"default", "A value for a missing one.", true, nullptr,
     [](const Value& in, const Value& args) { return is_nothing(in) ? args : in; }},
    {"divide", "A number divided by another.", false, want_number, divide},
    {"drop_if", "No value when it is one of these.", false, want_list, drop_if},
    {"each", "For every element of a list an object with these members.", false, nullptr, untouched},
    {"first", "The first element of a list that holds something.", false, nullptr, first},
    {"join", "The elements of a list as one text with this between them.", false, want_text, join},
    {"lower", "Lower case.", false, nullptr, lower},
    {"map_values", "Exact look-up; `otherwise` for every other or missing value, which else stays as it is.", true,
     want_values, map_values},
    {"number", "A text as a number.", false, nullptr, number},
    {"openstack_address", "The private or public address out of nova's addresses.", false, want_address,
     openstack_address},
    {"os_base", "Windows or Linux out of a platform's description.", false, nullptr, os_base},
    {"pki_auth", "A key pair's name as a list with one sign-in of type PKI.", false, nullptr, pki_auth},
    {"pluck", "Of every element of a list the value at this path.", false, want_text, pluck},
    {"qualify", "An id that is no UUID gets the cloud and the region in front, since other clouds use it too.", false,
     nullptr, untouched},
    {"split", "A text cut at this character, parts trimmed, empty ones dropped.", false, want_text, split},
    {"tags", "Tags or metadata as a list of key and value.", false, nullptr, tags},
    {"text", "A number or boolean as text.", false, nullptr, to_text},
    {"time", "A time as ISO 8601 with milliseconds in UTC.", false, nullptr, time},
    {"upper", "Upper case.", false, nullptr, upper},
    {"volume_label", "A short name for a volume without one.", false, nullptr, volume_label},
    {"wrap", "A list with this one element.", false, nullptr, wrap},
};

}  // namespace

std::span<const Transform> transforms() { return kTransforms; }

const Transform* find_transform(std::string_view name) {
  for (const Transform& transform : kTransforms)
    if (transform.name == name) return &transform;
  return nullptr;
}

const Value* find_path(const Value& value, std::string_view path) {
  const Value* current = &value;
  while (current != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    if (const Object* object = current->if_object()) {
      current = object->if_contains(step);
    } else if (const Array* array = current->if_array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size() || index >= array->size()) return nullptr;
      current = &(*array)[index];
    } else {
      return nullptr;
    }
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return current;
}

bool is_nothing(const Value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return true;
    case boost::json::kind::string:
      return value.get_string().empty();
    case boost::json::kind::array:
      return value.get_array().empty();
    case boost::json::kind::object: {
      const Object& object = value.get_object();
      return std::all_of(object.begin(), object.end(), [](const auto& member) { return is_nothing(member.value()); });
    }
    default:
      return false;
  }
}

Array tag_list(const Value& value) {
  Array out;
  const auto add = [&](const std::string& key, const std::string& text) {
    if (key.empty()) return;
    Object tag;
    tag["key"] = key;
    tag["value"] = text;
    out.emplace_back(std::move(tag));
  };
  if (const Object* object = value.if_object()) {
    for (const auto& member : *object) add(member.key(), json::scalar_text(member.value()));
    // Metadata has no order of its own.
    std::sort(out.begin(), out.end(), [](const Value& a, const Value& b) {
      return std::string_view(a.at("key").get_string()) < std::string_view(b.at("key").get_string());
    });
  } else if (const Array* array = value.if_array()) {
    for (const Value& element : *array) {
      const Object* tag = element.if_object();
      if (tag == nullptr) continue;
      const auto member = [&](const char* upper, const char* lower) {
        const Value* found = tag->if_contains(upper);
        if (found == nullptr) found = tag->if_contains(lower);
        return found == nullptr ? std::string() : json::scalar_text(*found);
      };
      add(member("Key", "key"), member("Value", "value"));
    }
  }
  return out;
}

}  // namespace maestro::provider
