// What Beast's parser leaves to its user: which fields matter here, and the rules of RFC 9112 that
// it does not check itself.
#include "http/head_parser.h"

#include <limits>

#include "bidwell/core/text.h"

namespace bidwell::http {
namespace {

namespace beast_http = boost::beast::http;

std::string_view reason_for(const boost::beast::error_code& ec) {
  using beast_http::error;
  if (ec == error::bad_method) return "malformed method in the request line";
  if (ec == error::bad_target) return "malformed target in the request line";
  if (ec == error::bad_version) return "HTTP version is not 1.0 or 1.1";
  if (ec == error::bad_field) return "malformed header name";
  if (ec == error::bad_value) return "malformed header value";
  if (ec == error::bad_line_ending) return "malformed line ending";
  if (ec == error::bad_content_length) return "malformed or conflicting Content-Length";
  if (ec == error::multiple_content_length) return "differing Content-Length headers";
  if (ec == error::bad_transfer_encoding) return "conflicting Transfer-Encoding";
  return "malformed request head";
}

std::string_view std_view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

HeadParser::HeadParser(const char* request) : request_(request) {
  // The caller checks both limits itself, and earlier.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(std::numeric_limits<std::uint64_t>::max());
  eager(false);
}

std::string_view HeadParser::parse_head(std::string_view head) {
  error_code ec;
  head_end_ = head.data() + head.size();
  put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (ec || !is_header_done()) return reason_for(ec);
  head_.keep_alive = keep_alive();
  return check();
}

std::string_view HeadParser::check() const {
  // Anything but the one coding that delimits the body would leave its end to a guess.
  if (foreign_transfer_encoding_) return "Transfer-Encoding is not chunked";
  if (chunked() && !head_.http_1_1) return "Transfer-Encoding in an HTTP/1.0 request";
  if (hosts_ > 1) return "more than one Host header";
  if (hosts_ == 0 && head_.http_1_1) return "no Host header";
  return {};
}

HeadParser::Chunks HeadParser::parse_chunks(std::string_view raw, char* out, std::size_t body_max) {
  eager(true);
  out_ = out;
  body_max_ = body_max;
  error_code ec;
  const std::size_t consumed = put(boost::asio::const_buffer(raw.data(), raw.size()), ec);
  return {consumed, static_cast<std::size_t>(out_ - out), !ec || ec == beast_http::error::need_more};
}

void HeadParser::on_request_impl(verb method, view, view target, int version, error_code&) {
  switch (method) {
    case verb::get: head_.method = Method::get; break;
    case verb::head: head_.method = Method::head; break;
    case verb::post: head_.method = Method::post; break;
    default: head_.method = Method::other;
  }
  head_.target_at = static_cast<std::uint32_t>(target.data() - request_);
  head_.target_size = static_cast<std::uint32_t>(target.size());
  head_.http_1_1 = version == 11;
}

void HeadParser::on_field_impl(field name, view name_string, view value, error_code&) {
  if (is_header_done()) return;  // a trailer
  switch (name) {
    case field::host: ++hosts_; break;
    case field::transfer_encoding:
      if (!ascii_iequal(std_view(value), "chunked")) foreign_transfer_encoding_ = true;
      break;
    case field::expect:
      if (ascii_iequal(std_view(value), "100-continue")) head_.expects_continue = true;
      break;
    case field::content_encoding: {
      const std::string_view coding = std_view(value);
      if (coding.empty() || ascii_iequal(coding, "identity")) break;
      const bool gzip = ascii_iequal(coding, "gzip") || ascii_iequal(coding, "x-gzip");
      head_.encoding =
          gzip && head_.encoding == ContentEncoding::identity ? ContentEncoding::gzip : ContentEncoding::unsupported;
      break;
    }
    case field::accept_encoding: head_.accept.add(std_view(value)); break;
    case field::unknown:
      if (ascii_iequal(std_view(name_string), "x-forwarded-for")) add_forwarded_for(value);
      break;
    default: break;
  }
}

// A folded value is not where the head is: whoever sends one is taken to have said nothing.
void HeadParser::add_forwarded_for(view value) noexcept {
  ForwardedFor& all = head_.forwarded_for;
  const bool here = value.data() >= request_ && value.data() < head_end_;
  all.places[all.count++ % ForwardedFor::kMax] = {here ? static_cast<std::uint32_t>(value.data() - request_) : 0,
                                                  here ? static_cast<std::uint32_t>(value.size()) : 0};
}

void HeadParser::on_chunk_header_impl(std::uint64_t size, view, error_code&) {
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - announced_;
  announced_ += size < room ? size : room;
  if (announced_ > body_max_) discard_ = true;
}

std::size_t HeadParser::on_chunk_body_impl(std::uint64_t, view body, error_code&) {
  if (!discard_) {
    std::memmove(out_, body.data(), body.size());
    out_ += body.size();
  }
  return body.size();
}

}  // namespace bidwell::http
