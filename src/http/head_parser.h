// Reads a request's head with Beast's parser, keeping what the server needs and copying nothing. A
// chunked body goes through the same parser, which writes it in place.
#pragma once

#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "bidwell/http/message.h"
#include "http/gzip.h"

namespace bidwell::http {

enum class ContentEncoding : std::uint8_t { identity, gzip, unsupported };

// Where the X-Forwarded-For headers' values are, from the request's first byte. Of many the last are kept, in a ring:
// only the list's end matters.
struct ForwardedFor {
  static constexpr std::size_t kMax = 4;
  struct Place {
    std::uint32_t at, size;
  };
  std::array<Place, kMax> places;
  std::uint32_t count = 0;
};

// What a head says. The target is an offset from the request's first byte, since buffers move.
struct Head {
  std::uint32_t target_at = 0;
  std::uint32_t target_size = 0;
  Method method = Method::other;
  ContentEncoding encoding = ContentEncoding::identity;
  AcceptEncoding accept;
  ForwardedFor forwarded_for;
  bool http_1_1 = false;
  bool keep_alive = false;
  bool expects_continue = false;
};

class HeadParser final : public boost::beast::http::basic_parser<true> {
 public:
  // `request` is where the head starts, needed during parse_head() only.
  explicit HeadParser(const char* request);

  // `head` is complete, blank line and all. Empty, or what is wrong with it.
  std::string_view parse_head(std::string_view head);
  const Head& head() const noexcept { return head_; }

  // For chunked bodies: decodes as much of `raw` as is complete to `out`, which may lie in front of
  // `raw` in the same buffer. Returns the bytes consumed; false in `good` when the framing is lost.
  // Past `body_max` nothing more is written.
  struct Chunks {
    std::size_t consumed;
    std::size_t written;
    bool good;
  };
  Chunks parse_chunks(std::string_view raw, char* out, std::size_t body_max);
  // The body's size as announced up to now: also of chunks that were not written.
  std::uint64_t announced() const noexcept { return announced_; }
  // Write nothing from now on.
  void discard() noexcept { discard_ = true; }

 private:
  using verb = boost::beast::http::verb;
  using field = boost::beast::http::field;
  using view = boost::beast::string_view;
  using error_code = boost::beast::error_code;

  void on_request_impl(verb method, view method_str, view target, int version, error_code& ec) override;
  void on_field_impl(field name, view name_string, view value, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, view extensions, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, view body, error_code& ec) override;
  void on_response_impl(int, view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  void add_forwarded_for(view value) noexcept;
  std::string_view check() const;

  const char* request_;
  const char* head_end_ = nullptr;
  char* out_ = nullptr;
  std::size_t body_max_ = 0;
  std::uint64_t announced_ = 0;
  Head head_;
  unsigned hosts_ = 0;
  bool foreign_transfer_encoding_ = false;
  bool discard_ = false;
};

}  // namespace bidwell::http
