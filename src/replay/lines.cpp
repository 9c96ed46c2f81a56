// Writes requests as lines of JSON, and gives those of a file one by one.
#include "bidwell/replay/lines.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bidwell/core/text.h"
#include "bidwell/replay/json_edit.h"
#include "replay/read_line.h"
#include "replay/sources.h"

namespace bidwell::replay {
namespace {

using Json = nlohmann::json;

// As a JSON string; false: it is not UTF-8.
bool quote(std::string_view text, std::string& out) {
  try {
    out = Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // libsodium's final zero
  return out;
}

// "name":"text", or "name_base64":"..." where it is not UTF-8.
void write_text(std::string& out, std::string_view name, std::string_view text) {
  std::string quoted;
  if (quote(text, quoted)) {
    out.append("\"").append(name).append("\":").append(quoted);
  } else {
    out.append("\"").append(name).append("_base64\":\"").append(base64(text)).append("\"");
  }
}

// Seconds with nine decimals, exactly.
void write_time(std::string& out, std::int64_t at_ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const bool negative = at_ns < 0;
  const std::uint64_t ns = negative ? 0 - static_cast<std::uint64_t>(at_ns) : static_cast<std::uint64_t>(at_ns);
  const std::string decimals = std::to_string(ns % kSecond);
  out.append(negative ? "\"at\":-" : "\"at\":").append(std::to_string(ns / kSecond));
  out.append(".").append(9 - decimals.size(), '0').append(decimals);
}

// A header is [name, value]; where one of them is not UTF-8, [name, value, "base64"], both encoded.
void write_headers(std::string& out, const std::vector<Header>& headers) {
  out.append("\"headers\":[");
  const char* comma = "";
  for (const Header& header : headers) {
    std::string name, value;
    out.append(comma);
    if (quote(header.name, name) && quote(header.value, value)) {
      out.append("[").append(name).append(",").append(value).append("]");
    } else {
      out.append("[\"").append(base64(header.name)).append("\",\"").append(base64(header.value));
      out.append("\",\"base64\"]");
    }
    comma = ",";
  }
  out.append("]");
}

void write_answer(std::string& out, const CapturedAnswer& answer) {
  out.append("\"answer\":{");
  if (answer.at_ns != CapturedAnswer::kNoTime) write_time(out, answer.at_ns), out.append(",");
  out.append("\"status\":").append(std::to_string(answer.status)).append(",");
  write_headers(out, answer.headers);
  if (!answer.body.empty()) out.append(","), write_text(out, "body", answer.body);
  out.append("}");
}

class LineSource final : public RequestSource {
 public:
  LineSource(std::unique_ptr<InputFile> file, const SourceOptions& options)
      : file_(std::move(file)),
        answers_(options.answers),
        cut_off_(options.cut_off),
        body_bytes_max_(options.body_bytes_max),
        // Escapes make of a byte six at most; an envelope holds two heads and two bodies.
        line_bytes_max_(6 * 2 * (options.head_bytes_max + options.body_bytes_max) + 1024) {}

  Next next(CapturedRequest& out) override {
    std::string_view line;
    for (bool too_long = false; file_->line(line, line_bytes_max_, too_long); too_long = false) {
      if (first_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
      first_ = false;
      if (too_long) {
        losses_.add(Loss::message_too_large);
      } else if (line = trim(line); !line.empty() && take(line, out)) {
        return Next::one;
      }
    }
    if (file_->torn() && !ended_) losses_.add(Loss::file_cut_off);
    ended_ = true;
    return Next::end;
  }

  Losses losses() override { return losses_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_of() const override { return file_->bytes_of(); }

 private:
  bool take(std::string_view line, CapturedRequest& out) {
    if (!read_line(line, out)) {
      losses_.add(Loss::line_malformed);
      return false;
    }
    if (out.body.size() > body_bytes_max_) {
      losses_.add(Loss::message_too_large);
      return false;
    }
    if (!answers_) out.answer.reset();
    if (out.cut_off) losses_.add(*out.cut_off);
    return !out.cut_off || cut_off_;
  }

  const std::unique_ptr<InputFile> file_;
  const bool answers_, cut_off_;
  const std::size_t body_bytes_max_, line_bytes_max_;
  Losses losses_;
  bool first_ = true, ended_ = false;
};

}  // namespace

void write_body_line(std::string& out, const CapturedRequest& request) {
  const std::size_t begin = out.size();
  out.append(request.body);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out.push_back('\n');
}

void write_envelope_line(std::string& out, const CapturedRequest& request) {
  out.append("{");
  if (request.at_ns != CapturedRequest::kNoTime) write_time(out, request.at_ns), out.append(",");
  if (request.flow != 0) out.append("\"flow\":").append(std::to_string(request.flow)).append(",");
  write_text(out, "method", request.method), out.append(",");
  write_text(out, "target", request.target), out.append(",");
  write_headers(out, request.headers);
  if (!request.body.empty()) out.append(","), write_text(out, "body", request.body);
  if (request.cut_off) out.append(",\"cut_off\":\"").append(name_of(*request.cut_off)).append("\"");
  if (request.answer) out.append(","), write_answer(out, *request.answer);
  out.append("}\n");
}

std::optional<Loss> unfit(const CapturedRequest& request) {
  struct Nothing final : JsonEditor {
    std::optional<std::string> edit(const JsonScalar&) override { return std::nullopt; }
  } nothing;
  if (request.method != "POST") return Loss::not_post;
  if (!trim(request.body).starts_with('{') || !edit_json(request.body, nothing, nullptr)) return Loss::not_json_object;
  return std::nullopt;
}

std::unique_ptr<RequestSource> requests_of_lines(std::unique_ptr<InputFile> file, const SourceOptions& options) {
  return std::make_unique<LineSource>(std::move(file), options);
}

}  // namespace bidwell::replay
