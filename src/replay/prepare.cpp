// Makes of a captured request the bytes that are sent, with slots for what differs each time.
#include "bidwell/replay/prepare.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "bidwell/core/text.h"
#include "bidwell/replay/json_edit.h"
#include "replay/http_text.h"

namespace bidwell::replay {
namespace {

using Kind = Slot::Kind;

constexpr std::string_view kZeros = "0000000000000";  // as wide as Kind::unique

std::uint32_t milliseconds_of(std::string_view number) {
  if (number.starts_with('"')) number = number.substr(1, number.size() - 2);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool good = error == std::errc() && end == number.data() + number.size() && value >= 1 && value < 4e9;
  return good ? static_cast<std::uint32_t>(value) : 0;
}

// By its digits; they begin as those of 2001 to 2064 do.
std::optional<Kind> time_kind(std::string_view number) {
  if (number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (number.front() != '1' && number.front() != '2') return std::nullopt;
  switch (number.size()) {
    case 10: return Kind::unix_s;
    case 13: return Kind::unix_ms;
    case 16: return Kind::unix_us;
    default: return std::nullopt;
  }
}

class BodyEditor final : public JsonEditor {
 public:
  BodyEditor(const PrepareOptions& options, Prepared& out)
      : options_(options), unique_(options.unique_ids && !options.gzip), out_(out) {}

  std::optional<std::string> edit(const JsonScalar& scalar) override {
    const bool top = scalar.path.size() == 1;
    if (top && scalar.path[0] == "id") {
      seen_id_ = true;
      if (unique_) return put(scalar, with_slot(scalar));
    } else if (top && scalar.path[0] == "tmax") {
      seen_tmax_ = true;
      if (options_.tmax_ms) return put(scalar, std::to_string(*options_.tmax_ms));
      out_.tmax_ms = milliseconds_of(scalar.text);
    } else if (scalar.kind == JsonKind::number && !options_.gzip && is_time(scalar.path)) {
      if (const auto kind = time_kind(scalar.text)) slot(scalar.offset, *kind);
    }
    return std::nullopt;
  }

  // Behind the last member, what the request does not have.
  void add_missing(std::string& body) {
    const std::size_t close = body.find_last_of('}');
    const bool empty = trim(std::string_view(body).substr(0, close)) == "{";
    std::string added;
    if (!seen_id_ && unique_) {
      added.append(empty ? "\"id\":\"" : ",\"id\":\"");
      out_.slots.push_back({static_cast<std::uint32_t>(close + added.size()), Kind::unique});
      added.append(kZeros).append("\"");
    }
    if (!seen_tmax_ && options_.tmax_ms) {
      added.append(empty && added.empty() ? "\"tmax\":" : ",\"tmax\":").append(std::to_string(*options_.tmax_ms));
    }
    body.insert(close, added);
    if (options_.tmax_ms) out_.tmax_ms = *options_.tmax_ms;
  }

 private:
  // A string gets a suffix, a number becomes a string, too; anything else is no id.
  std::string with_slot(const JsonScalar& scalar) {
    std::string text = "\"";
    if (scalar.kind == JsonKind::string) text = scalar.text.substr(0, scalar.text.size() - 1);
    if (scalar.kind == JsonKind::number) text.append(scalar.text);
    if (text.size() > 1) text.append("-");
    slot(scalar.offset + text.size(), Kind::unique);
    return text.append(kZeros).append("\"");
  }

  std::string put(const JsonScalar& scalar, std::string text) {
    shift_ += text.size() - scalar.text.size();  // modulo 2^64: may be less than nothing
    return text;
  }

  void slot(std::size_t offset, Kind kind) {
    out_.slots.push_back({static_cast<std::uint32_t>(offset + shift_), kind});
  }

  bool is_time(std::span<const std::string_view> path) const {
    const auto& keys = options_.time_keys;
    return !path.empty() && std::find(keys.begin(), keys.end(), path.back()) != keys.end();
  }

  const PrepareOptions& options_;
  const bool unique_;
  Prepared& out_;
  std::size_t shift_ = 0;  // of the edited document against the captured one
  bool seen_id_ = false, seen_tmax_ = false;
};

std::string edited_body(std::string&& body, const PrepareOptions& options, Prepared& out) {
  if (!trim(body).starts_with('{')) return std::move(body);
  BodyEditor editor(options, out);
  std::string edited;
  if (!edit_json(body, editor, &edited)) {
    out.slots.clear();
    out.tmax_ms = 0;
    return std::move(body);
  }
  editor.add_missing(edited);
  return edited;
}

std::string gzipped(const std::string& body) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("no memory to compress a body");
  }
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [name](const std::string& other) { return ascii_iequal(other, name); });
}

// Of the capture: written anew, or not true of what is sent.
bool is_own(std::string_view name) {
  return is_framing(name) || ascii_iequal(name, "Host") || ascii_iequal(name, "Connection") ||
         ascii_iequal(name, "Accept-Encoding");
}

std::string head_of(const CapturedRequest& request, const PrepareOptions& options, std::size_t body_bytes) {
  const std::string* const host = header_of(options.set_headers, "Host");
  const bool has_body = body_bytes != 0 || request.method == "POST";
  const std::string& target = !options.path.empty() ? options.path : request.target;
  std::string out;
  out.reserve(512);
  write_request_line(out, request.method, !target.empty() ? target : options.default_path);
  write_header(out, "Host", host != nullptr ? *host : options.host);
  for (const Header& header : request.headers) {
    if (is_own(header.name) || names(options.drop_headers, header.name)) continue;
    if (header_of(options.set_headers, header.name) != nullptr) continue;
    write_header(out, header.name, header.value);
  }
  for (const Header& header : options.set_headers) {
    const bool contradicts = ascii_iequal(header.name, "Host") || ascii_iequal(header.name, "Content-Length") ||
                             ascii_iequal(header.name, "Transfer-Encoding");
    if (!contradicts) write_header(out, header.name, header.value);
  }
  // A line of JSON has no headers at all, and some servers ask for this one.
  const bool bare = request.headers.empty() && header_of(options.set_headers, "Content-Type") == nullptr;
  if (has_body && bare) write_header(out, "Content-Type", "application/json");
  if (options.gzip && has_body) write_header(out, "Content-Encoding", "gzip");
  if (has_body) write_header(out, "Content-Length", std::to_string(body_bytes));
  return out.append("\r\n");
}

}  // namespace

Prepared prepare(CapturedRequest&& request, const PrepareOptions& options) {
  Prepared out;
  out.at_ns = request.at_ns;
  out.flow = request.flow;
  out.answer = std::move(request.answer);
  std::string body = edited_body(std::move(request.body), options, out);
  if (options.gzip && (!body.empty() || request.method == "POST")) body = gzipped(body);
  out.bytes = head_of(request, options, body.size());
  out.body_at = static_cast<std::uint32_t>(out.bytes.size());
  out.bytes.append(body);
  for (Slot& slot : out.slots) slot.offset += out.body_at;
  return out;
}

}  // namespace bidwell::replay
