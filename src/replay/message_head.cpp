// Beast's parser is given heads alone: what follows one may have gaps, which it knows nothing of.
#include "replay/message_head.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "bidwell/core/text.h"

namespace bidwell::replay {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using View = boost::beast::string_view;

std::string text(View view) {
  return {view.data(), view.size()};
}

// RFC 9112, 2.2: a line may end without CR. Beast wants it.
bool has_bare_line_end(std::string_view head) {
  for (std::size_t end = head.find('\n'); end != std::string_view::npos; end = head.find('\n', end + 1)) {
    if (end == 0 || head[end - 1] != '\r') return true;
  }
  return false;
}

std::string with_line_ends(std::string_view head) {
  std::string out;
  for (const char c : head) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

template <bool is_request, class Message>
class HeadParser final : public http::basic_parser<is_request> {
 public:
  HeadParser(Message& message, Framing& framing) : message_(message), framing_(framing) {
    this->body_limit(boost::none);
    this->header_limit(UINT32_MAX);
    message_.headers.reserve(12);
  }

  bool read(std::string_view head) {
    std::string strict;
    if (has_bare_line_end(head)) head = strict = with_line_ends(head);
    error_code ec;
    this->put(boost::asio::buffer(head.data(), head.size()), ec);
    if (ec || !this->is_header_done()) return false;
    framing_.chunked = this->chunked();
    if (const auto length = this->content_length()) framing_.length = *length;
    return true;
  }

 private:
  void on_request_impl(http::verb, View method, View target, int, error_code&) override {
    if constexpr (is_request) {
      message_.method = text(method);
      message_.target = text(target);
    }
  }
  void on_response_impl(int status, View, int, error_code&) override {
    if constexpr (!is_request) message_.status = static_cast<unsigned>(status);
  }
  void on_field_impl(http::field field, View name, View value, error_code&) override {
    message_.headers.push_back({text(name), text(value)});
    if (field == http::field::content_encoding) framing_.encoding = text(value);
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}

  Message& message_;
  Framing& framing_;
};

}  // namespace

bool read_request_head(std::string_view head, CapturedRequest& request, Framing& framing) {
  return HeadParser<true, CapturedRequest>(request, framing).read(head);
}

bool read_answer_head(std::string_view head, CapturedAnswer& answer, Framing& framing) {
  return HeadParser<false, CapturedAnswer>(answer, framing).read(head);
}

void read_torn_request_head(std::string_view head, CapturedRequest& request) {
  const std::size_t whole = head.rfind('\n');
  if (whole != std::string_view::npos) {
    std::string closed(head.substr(0, whole + 1));
    closed += "\r\n";
    Framing framing;
    if (read_request_head(closed, request, framing)) return;
    request.headers.clear();
  }
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  const std::size_t blank = line.find(' ');
  request.method = line.substr(0, blank);
  if (blank != std::string_view::npos) request.target = line.substr(blank + 1, line.find(' ', blank + 1) - blank - 1);
}

}  // namespace bidwell::replay
