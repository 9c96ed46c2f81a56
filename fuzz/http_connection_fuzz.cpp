// Feeds a connection whatever comes, in whatever pieces, and looks at what it answers: a sequence
// of well-formed answers, then a clean close with everything lent given back.
//
// An input's first line says in which pieces the rest is sent: its bytes, one after the other and
// again from the first, give the size of a piece ('@' one byte, 'A' 2, 'B' 5, 'D' 17, 'O' 226, 'o'
// 2210). An empty line: all at once. Requests that are parked ("/park/long") are resumed after every
// second piece.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/http/answer_text.h"
#include "tests/http/parker.h"
#include "tests/http/rig.h"

namespace {

using namespace bidwell::http;
using namespace bidwell::http::testing;

void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s: %.2000s\n", what, text.c_str());
  std::abort();
}

Options tight() {
  Options options;
  options.head_bytes_max = 1024;
  options.body_bytes_max = 12 * 1024;
  options.answer_bytes_max = 12 * 1024;
  options.gzip_answer_bytes_min = 64;
  options.large_requests_max = 1;
  options.trusted_proxies = {"unix", "10.0.0.0/8"};  // X-Forwarded-For is read
  return options;
}

// No body that the tests' handlers make looks like an answer, so what follows a head tells whether
// it was to a HEAD request.
void check_answers(std::string text, bool head_requests) {
  const std::string all = text;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n");
    require(end != std::string::npos, "an answer without an end", all);
    const std::string_view rest = std::string_view(text).substr(end + 4);
    const bool no_body = rest.empty() || rest.starts_with("HTTP/1.1 ");
    Answer answer;
    require(parse_answer(text, answer, no_body && head_requests) == Parsed::complete, "a malformed answer", all);
  }
}

std::size_t piece_size(char c) {
  const std::size_t root = static_cast<unsigned char>(c) & 0x3f;
  return 1 + root * root;
}

void resume_all(Rig& rig, Tickets& tickets) {
  for (const std::uint64_t ticket : std::exchange(tickets, {})) rig.worker().resume(ticket);
  rig.turn();
  rig.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Tickets tickets;
  static Rig rig(tight(), parking_router(tickets));
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view pieces = input.substr(0, line_end);
  const std::string_view sent = input.substr(std::min(line_end + 1, input.size()));

  rig.reconnect();
  for (std::size_t at = 0, i = 0; at < sent.size() && !rig.closed(); ++i) {
    const std::size_t piece = pieces.empty() ? sent.size() : piece_size(pieces[i % pieces.size()]);
    rig.send(sent.substr(at, piece));
    at += piece;
    if (i % 2 == 1) resume_all(rig, tickets);
  }
  rig.finish_sending();
  while (!tickets.empty()) resume_all(rig, tickets);
  require(rig.closed(), "still open after the client's end", std::string(input));
  require(rig.counters().connections_open.value() == 0, "a connection is left", std::string(input));
  require(rig.worker().blocks().lent() == 0, "a block is left", std::string(input));
  check_answers(rig.received(), sent.find("HEAD ") != std::string_view::npos);
  return 0;
}
