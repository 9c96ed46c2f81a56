// Heads are written backwards, from the body to the front: no length needs to be known beforehand.
#include "http/answers.h"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <cstring>

namespace bidwell::http {
namespace {

// The commonest heads as literals: all but the digits of the length.
constexpr std::string_view kOkJson = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
constexpr std::string_view kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::string_view kJson = "application/json";

// Everything in a head but the content type and the handler's line.
constexpr std::size_t kFixedHeadBytes = 256;

class BackwardWriter {
 public:
  explicit BackwardWriter(char* end) : at_(end) {}
  void put(std::string_view text) noexcept {
    at_ -= text.size();
    std::memcpy(at_, text.data(), text.size());
  }
  void put_number(std::size_t value) noexcept {
    do {
      *--at_ = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

std::string_view reason_phrase(unsigned status) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

bool bodiless(unsigned status) {
  return status == 204 || status == 304;
}

}  // namespace

Answers::Answers(const Options& options, const Limits& limits, Counters& counters)
    : limits_(limits),
      counters_(counters),
      body_max_(options.answer_bytes_max),
      gzip_min_(options.gzip_answer_bytes_min),
      out_(kFlushBytes + kHeadRoom + options.answer_bytes_max + kFixedHeadBytes),
      scratch_(new char[std::max(options.answer_bytes_max, options.body_bytes_max) + 1 + kBodyPadding]) {}

Response Answers::begin(Parking* parking) noexcept {
  begin_ = out_.size();
  out_.truncate(body_begin());
  return Response(out_, parking);
}

void Answers::finish(Response& response, const Frame& frame) noexcept {
  const std::size_t head_max = kFixedHeadBytes + response.content_type().size() + response.extra_header().size();
  if (out_.overflowed() || out_.size() - body_begin() > body_max_ || head_max > kHeadRoom) {
    counters_.answers_too_large.add();
    response.set_extra_header({});
    answer_error(response, 500, limits_.answer_too_large);
  }
  if (bodiless(response.status())) response.clear_body();
  const bool gzip = frame.accepts_gzip && compress();
  char* head = write_head(response, frame, gzip);
  if (frame.head_only) response.clear_body();

  const auto head_at = static_cast<std::size_t>(head - out_.data());
  if (begin_ == 0) {
    unsent_ = head_at;
    return;
  }
  std::memmove(out_.data() + begin_, head, out_.size() - head_at);
  out_.truncate(begin_ + out_.size() - head_at);
}

bool Answers::compress() noexcept {
  const std::string_view body = out_.view(body_begin());
  if (body.size() < gzip_min_) return false;
  const std::size_t size = deflater_.deflate(body, scratch_.get());
  if (size == 0) return false;
  std::memcpy(out_.data() + body_begin(), scratch_.get(), size);
  out_.truncate(body_begin() + size);
  counters_.answers_gzip.add();
  return true;
}

char* Answers::write_head(const Response& response, const Frame& frame, bool gzip) noexcept {
  BackwardWriter head(out_.data() + body_begin());
  const std::size_t length = out_.size() - body_begin();
  const unsigned status = response.status();
  const bool usual = !gzip && !frame.close && !frame.say_keep_alive && response.extra_header().empty();
  if (usual && status == 204) {
    head.put(kNoContent);
    return head.at();
  }
  head.put("\r\n");
  if (!response.extra_header().empty()) head.put(response.extra_header());
  if (gzip) head.put("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
  if (frame.close) head.put("Connection: close\r\n");
  if (frame.say_keep_alive && !frame.close) head.put("Connection: keep-alive\r\n");
  if (!bodiless(status)) {
    head.put("\r\n");
    head.put_number(length);
    if (status == 200 && response.content_type() == kJson) {
      head.put(kOkJson);
      return head.at();
    }
    head.put("Content-Length: ");
    head.put("\r\n");
    head.put(response.content_type());
    head.put("Content-Type: ");
  }
  head.put("\r\n");
  head.put(reason_phrase(status));
  head.put(" ");
  head.put_number(status);
  head.put("HTTP/1.1 ");
  return head.at();
}

}  // namespace bidwell::http
