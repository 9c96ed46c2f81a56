// Reads a JSON object field by field and notes every fault with its place, instead of stopping at the first. For
// files that people write (configuration, campaigns); never the hot path.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell {

using Json = nlohmann::json;

// What is wrong, and where: "/campaigns/3/bid/price", as a JSON pointer (RFC 6901).
struct Fault {
  std::string where;
  std::string what;
};

// The document, comments allowed; nothing, after noting the fault, when the text is not JSON.
inline std::optional<Json> parse_json(std::string_view text, std::vector<Fault>& faults) {
  try {
    return Json::parse(text, nullptr, true, true);
  } catch (const Json::exception& error) {
    faults.push_back({"", fmt::format("not JSON: {}", error.what())});
    return std::nullopt;
  }
}

// A file's content; nothing, after noting the fault, when it cannot be read.
inline std::optional<std::string> read_file(const std::string& path, std::vector<Fault>& faults) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();  // fails for an empty file too, which is for others to judge
  if (errno != 0) {
    faults.push_back({"", fmt::format("cannot read {}: {}", path, std::strerror(errno))});
    return std::nullopt;
  }
  return std::move(content).str();
}

class Fields {
 public:
  // `value` must outlive this. Where it is not an object that is a fault, and every field is absent.
  Fields(const Json& value, std::string where, std::vector<Fault>& faults)
      : value_(value), where_(std::move(where)), faults_(faults) {
    if (!value.is_object()) fault("", fmt::format("must be an object, not {}", value.type_name()));
  }

  const std::string& where() const { return where_; }
  std::string place(std::string_view key) const { return fmt::format("{}/{}", where_, key); }
  void fault(std::string_view key, std::string what) {
    faults_.push_back({key.empty() ? where_ : place(key), std::move(what)});
  }

  // Null when absent (or JSON null). Marks the key as known.
  const Json* find(std::string_view key) {
    known_.emplace_back(key);
    if (!value_.is_object()) return nullptr;
    const auto at = value_.find(key);
    return at == value_.end() || at->is_null() ? nullptr : &*at;
  }
  bool has(std::string_view key) const {
    const auto at = value_.is_object() ? value_.find(key) : value_.end();
    return at != value_.end() && !at->is_null();
  }

  // Texts. A required one must be there and not be empty.
  bool text(std::string_view key, std::string& out, bool required = false) {
    const Json* value = find(key);
    if (value == nullptr) {
      if (required && value_.is_object()) fault(key, "is required");
      return false;
    }
    if (!value->is_string()) {
      fault(key, fmt::format("must be a string, not {}", value->type_name()));
      return false;
    }
    out = value->get<std::string>();
    if (required && out.empty()) fault(key, "must not be empty");
    return true;
  }

  template <class Int>
  bool integer(std::string_view key, Int& out, std::int64_t least, std::int64_t most) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_number_integer() || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
      fault(key, fmt::format("must be an integer from {} to {}", least, most));
      return false;
    }
    out = static_cast<Int>(value->get<std::int64_t>());
    return true;
  }

  bool number(std::string_view key, double& out, double least, double most) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_number() || !(value->get<double>() >= least && value->get<double>() <= most)) {
      fault(key, fmt::format("must be a number from {} to {}", least, most));
      return false;
    }
    out = value->get<double>();
    return true;
  }

  bool boolean(std::string_view key, bool& out) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) {
      fault(key, "must be true or false");
      return false;
    }
    out = value->get<bool>();
    return true;
  }

  // One of `names`; its index, or -1.
  int choice(std::string_view key, std::span<const std::string_view> names) {
    std::string text_value;
    if (!text(key, text_value)) return -1;
    return choice_of(place(key), text_value, names);
  }
  int choice_of(const std::string& at, std::string_view text_value, std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text_value) return static_cast<int>(i);
    }
    faults_.push_back({at, fmt::format("\"{}\" is not one of {}", text_value, fmt::join(names, ", "))});
    return -1;
  }

  // A list of texts that are not empty.
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    each(key, [&](const Json& entry, const std::string& at) {
      if (entry.is_string() && !entry.get_ref<const std::string&>().empty()) {
        list.push_back(entry.get<std::string>());
      } else {
        faults_.push_back({at, "must be a string that is not empty"});
      }
    });
    return list;
  }

  // Calls visit(entry, place) for each entry of a list; nothing when it is absent, a fault when it is no list.
  template <class Visit>
  bool each(std::string_view key, Visit&& visit) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_array()) {
      fault(key, fmt::format("must be a list, not {}", value->type_name()));
      return false;
    }
    for (std::size_t i = 0; i < value->size(); ++i) visit((*value)[i], fmt::format("{}/{}", place(key), i));
    return true;
  }

  // Call at the end: a key that nobody asked for is most likely a misspelling, which would otherwise widen a
  // targeting in silence.
  void refuse_unknown() {
    if (!value_.is_object()) return;
    for (const auto& [key, unused] : value_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      fault(key, fmt::format("is not a known key; known here: {}", fmt::join(known_, ", ")));
    }
  }

  std::vector<Fault>& faults() { return faults_; }

 private:
  const Json& value_;
  std::string where_;
  std::vector<Fault>& faults_;
  std::vector<std::string> known_;
};

}  // namespace bidwell
