// Tells a bid request from an envelope, and reads envelopes.
#include "replay/read_line.h"

#include <sodium.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "bidwell/replay/json_edit.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;

// What of a line must be known before it is read: whether it looks like an envelope, and its times as they are written
// (a double would lose their nanoseconds).
struct Outline final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar& scalar) override {
    const auto path = scalar.path;
    if (path.size() == 1) {
      method |= path[0] == "method" || path[0] == "method_base64";
      target |= path[0] == "target" || path[0] == "target_base64";
      if (path[0] == "at") at = scalar.text;
    } else if (path.size() == 2 && path[0] == "answer" && path[1] == "at") {
      answer_at = scalar.text;
    }
    return std::nullopt;
  }
  bool method = false, target = false;
  std::string_view at, answer_at;
};

// "-12.345" as nanoseconds. Nothing is not a time, too.
bool read_time(std::string_view text, std::int64_t& out) {
  constexpr std::int64_t kSecond = 1'000'000'000, kSecondsMax = INT64_MAX / kSecond - 1;
  if (text.empty()) return true;
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t seconds = 0, fraction = 0;
  const auto all = [](std::string_view digits, std::int64_t& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() && number >= 0;
  };
  if (!all(text.substr(0, point), seconds) || seconds > kSecondsMax) return false;
  if (point < text.size()) {
    const std::string_view digits = text.substr(point + 1).substr(0, 9);
    if (!all(digits, fraction) || text.find_first_not_of("0123456789", point + 1) != std::string_view::npos) {
      return false;
    }
    for (std::size_t i = digits.size(); i < 9; ++i) fraction *= 10;
  }
  const std::int64_t ns = seconds * kSecond + fraction;
  out = negative ? -ns : ns;
  return true;
}

bool from_base64(const std::string& text, std::string& out) {
  out.resize(text.size());
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                        &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return false;
  }
  out.resize(size);
  return true;
}

// The other side of write_text(). What is not there stays as it is.
bool read_text(const Json& object, const std::string& name, std::string& out) {
  if (const auto plain = object.find(name); plain != object.end()) {
    if (!plain->is_string()) return false;
    out = plain->get_ref<const std::string&>();
    return true;
  }
  const auto encoded = object.find(name + "_base64");
  if (encoded == object.end()) return true;
  return encoded->is_string() && from_base64(encoded->get_ref<const std::string&>(), out);
}

bool read_headers(const Json& object, std::vector<Header>& out) {
  const auto headers = object.find("headers");
  if (headers == object.end()) return true;
  if (!headers->is_array()) return false;
  for (const Json& pair : *headers) {
    if (!pair.is_array() || pair.size() < 2 || pair.size() > 3) return false;
    for (const Json& text : pair) {
      if (!text.is_string()) return false;
    }
    Header& header = out.emplace_back();
    const auto &name = pair[0].get_ref<const std::string&>(), &value = pair[1].get_ref<const std::string&>();
    if (pair.size() == 2) {
      header = {name, value};
    } else if (pair[2] != "base64" || !from_base64(name, header.name) || !from_base64(value, header.value)) {
      return false;
    }
  }
  return true;
}

template <class Unsigned>
bool read_unsigned(const Json& object, const char* name, Unsigned& out) {
  const auto number = object.find(name);
  if (number == object.end()) return true;
  if (!number->is_number_unsigned() || number->get<std::uint64_t>() > std::numeric_limits<Unsigned>::max()) {
    return false;
  }
  out = number->get<Unsigned>();
  return true;
}

bool read_cut_off(const Json& object, std::optional<Loss>& out) {
  const auto name = object.find("cut_off");
  if (name == object.end()) return true;
  for (std::size_t i = 0; i < kLosses && name->is_string(); ++i) {
    if (name->get_ref<const std::string&>() == name_of(static_cast<Loss>(i))) out = static_cast<Loss>(i);
  }
  return out.has_value();
}

bool read_answer(const Json& envelope, std::string_view at, std::optional<CapturedAnswer>& out) {
  const auto answer = envelope.find("answer");
  if (answer == envelope.end()) return true;
  if (!answer->is_object()) return false;
  CapturedAnswer& to = out.emplace();
  return read_time(at, to.at_ns) && read_unsigned(*answer, "status", to.status) && read_headers(*answer, to.headers) &&
         read_text(*answer, "body", to.body);
}

bool read_envelope(const Json& envelope, const Outline& outline, CapturedRequest& out) {
  return read_time(outline.at, out.at_ns) && read_unsigned(envelope, "flow", out.flow) &&
         read_text(envelope, "method", out.method) && read_text(envelope, "target", out.target) &&
         read_headers(envelope, out.headers) && read_text(envelope, "body", out.body) &&
         read_cut_off(envelope, out.cut_off) && read_answer(envelope, outline.answer_at, out.answer);
}

}  // namespace

bool read_line(std::string_view line, CapturedRequest& out) {
  out = {};
  Outline outline;
  if (!line.starts_with('{') || !edit_json(line, outline, nullptr)) return false;
  if (outline.method && outline.target) {
    const Json envelope = Json::parse(line, nullptr, false);
    if (envelope.is_discarded()) return false;
    if (!envelope.contains("imp")) return read_envelope(envelope, outline, out);
  }
  out.method = "POST";
  out.body = line;
  return true;
}

}  // namespace bidwell::replay
