// What a handler sees of a request and how it answers. Both live only for the call: every view
// points into the connection's buffer and is gone when the handler returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "bidwell/core/output_buffer.h"

namespace bidwell::http {

// Bytes that may be read (not written) behind Request::body, for parsers that read in wide strides.
inline constexpr std::size_t kBodyPadding = 64;

enum class Method : std::uint8_t { get, head, post, other };

struct Request {
  Method method = Method::other;
  std::string_view path;   // without the query: "/bid/demo"
  std::string_view query;  // behind the '?', may be empty
  // The path's segments: "/bid/demo" is first "bid", rest "demo".
  std::string_view first_segment;
  std::string_view rest;
  // Who asks, as text: the connection's other end, or where that is one of Options::trusted_proxies what its
  // X-Forwarded-For says. Empty on a Unix socket without one.
  std::string_view client;
  std::string_view body;                           // decoded: no chunk framing, no gzip
  std::chrono::steady_clock::time_point received;  // when its last byte was read
  bool resumed = false;                            // handled before and parked: must be answered now
};

// Where a request is put aside: the server's own place, or a test's.
class Parking {
 public:
  // As Response::park() and stay().
  virtual std::uint64_t park(std::chrono::steady_clock::time_point deadline) noexcept = 0;
  virtual void stay() noexcept = 0;

 protected:
  ~Parking() = default;
};

// Collects one answer. The body goes straight into the worker's output buffer; the head is put
// before it when the handler returns. The default is 204 with no body.
class Response {
 public:
  // Without `parking` the request cannot be parked.
  explicit Response(OutputBuffer& body, Parking* parking = nullptr)
      : body_(body), body_begin_(body.size()), parking_(parking) {}

  // In place of an answer: puts the request aside without holding up the worker. handle() is called once more with the
  // same request and `resumed` set, when Server::resume(worker, ticket) is called or `deadline` comes, whichever is
  // first; also when the client does not take the answers before this one at once. What the handler wants to know then
  // it must read again from the request: nothing else is kept. What the response has by now is thrown away. 0: it
  // cannot be parked (it was already, or Options::parked_max are): answer it.
  std::uint64_t park(std::chrono::steady_clock::time_point deadline) noexcept {
    return parking_ == nullptr ? 0 : parking_->park(deadline);
  }
  // Takes park() back: the handler answers after all.
  void stay() noexcept {
    if (parking_ != nullptr) parking_->stay();
  }

  void set_status(unsigned status) noexcept { status_ = status; }
  // Both views must outlive the handler's call (literals, configuration). `extra_header` is one
  // whole line with its CRLF, or empty.
  void set_content_type(std::string_view type) noexcept { content_type_ = type; }
  void set_extra_header(std::string_view line) noexcept { extra_header_ = line; }
  // What is appended to body() becomes the body; what stands before it belongs to other answers.
  // When it overflows, the connection answers 500 instead.
  OutputBuffer& body() noexcept { return body_; }
  // Takes back what was appended.
  void clear_body() noexcept { body_.truncate(body_begin_); }

  unsigned status() const noexcept { return status_; }
  std::string_view content_type() const noexcept { return content_type_; }
  std::string_view extra_header() const noexcept { return extra_header_; }

 private:
  OutputBuffer& body_;
  std::size_t body_begin_;
  Parking* parking_;
  unsigned status_ = 204;
  std::string_view content_type_ = "application/json";
  std::string_view extra_header_;
};

// Answers `status` with {"error":"<reason>"} and a newline. `reason` must need no JSON escaping.
void answer_error(Response& response, unsigned status, std::string_view reason);

// One per worker and route: called on the worker's thread alone, so it may keep scratch of its own.
// It must not block and must not throw.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(const Request& request, Response& response) = 0;
};

}  // namespace bidwell::http
