// Any bytes as a file of requests (lines, goreplay) and as a request's body: reading ends, envelopes come back as they
// were, edited documents stay JSON, and nothing of a request gets out of its place in the bytes to send.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "bidwell/replay/anonymise.h"
#include "bidwell/replay/json_edit.h"
#include "bidwell/replay/lines.h"
#include "bidwell/replay/prepare.h"
#include "replay/read_line.h"
#include "replay/sources.h"

namespace bidwell::fuzz {
namespace {

using namespace bidwell::replay;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Nothing final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar& scalar) override {
    require(!scalar.text.empty() && scalar.path.size() <= 128, "a scalar without text, or too deep");
    return std::nullopt;
  }
};

struct Shorter final : JsonEditor {
  std::optional<std::string> edit(const JsonScalar& scalar) override {
    if (scalar.kind == JsonKind::string) return "\"\"";
    return std::nullopt;
  }
};

bool is_json(std::string_view text) {
  Nothing nothing;
  return edit_json(text, nothing, nullptr);
}

void check_edit(std::string_view text) {
  Nothing nothing;
  Shorter shorter;
  std::string out;
  const bool good = edit_json(text, nothing, &out);
  require(!good || out == text, "an editor that does nothing changed something");
  require(edit_json(text, shorter, &out) == good, "another verdict");
  require(!good || is_json(out), "edited, and no JSON");
  // What a DOM reads is JSON; but for depth, a zero that it takes for the end, and a byte order mark that it skips.
  const bool odd = text.find('\0') != std::string_view::npos || text.starts_with("\xef\xbb\xbf");
  const bool deep = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; }) > 128;
  if (!good && !odd && !deep) require(!nlohmann::json::accept(text), "a DOM reads it");
}

void check_prepared(const CapturedRequest& request) {
  PrepareOptions options;
  options.time_keys = {"ts"}, options.tmax_ms = 100;
  const bool was_json = is_json(request.body);
  const Prepared prepared = prepare(CapturedRequest(request), options);
  std::string bytes = prepared.bytes;
  fill_slots(bytes, prepared, UINT64_MAX, INT64_MAX);
  fill_slots(bytes, prepared, 0, -1);
  require(bytes.size() == prepared.bytes.size(), "another size");
  require(bytes.compare(0, prepared.body_at, prepared.bytes, 0, prepared.body_at) == 0, "a slot in the head");
  require(bytes.find("\r\n\r\n") + 4 == prepared.body_at, "the head ends elsewhere");
  require(is_json(bytes.substr(prepared.body_at)) == was_json, "another verdict of the body");
}

void check_request(CapturedRequest&& request) {
  static const Anonymiser anonymiser({.secret = "secret"});
  check_prepared(request);
  std::string line;
  write_envelope_line(line, request);
  require(line.find('\n') == line.size() - 1, "not one line");
  line.pop_back();
  CapturedRequest read;
  require(read_line(line, read), "an envelope that cannot be read");
  require(read.body == request.body && read.headers == request.headers && read.target == request.target &&
              read.method == request.method && read.at_ns == request.at_ns && read.cut_off == request.cut_off &&
              read.answer.has_value() == request.answer.has_value(),
          "an envelope holds something else");
  const bool was_json = is_json(request.body);
  anonymiser.anonymise(request);
  require(request.body.empty() || is_json(request.body) == was_json, "anonymised, and no JSON");
  check_prepared(request);
}

// A file in memory.
template <class Open>
void check_file(std::string_view bytes, Open open) {
  const int file = ::memfd_create("requests", 0);
  require(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "memory");
  SourceOptions options;
  options.answers = options.cut_off = true;
  options.body_bytes_max = 4096, options.flows_max = 4;
  const auto source = open(std::make_unique<InputFile>("/proc/self/fd/" + std::to_string(file)), options);
  CapturedRequest request;
  for (std::size_t n = 0; source->next(request) == Next::one; ++n) {
    require(n < bytes.size(), "more requests than bytes");
    check_request(std::move(request));
  }
  ::close(file);
}

}  // namespace
}  // namespace bidwell::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bidwell::fuzz;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_edit(bytes);
  CapturedRequest request;
  request.method = "POST", request.target = bytes.substr(0, 20), request.body = bytes;
  request.headers = {{std::string(bytes.substr(0, 5)), std::string(bytes.substr(size / 2, 30))}};
  check_request(std::move(request));
  check_file(bytes, bidwell::replay::requests_of_lines);
  check_file(bytes, bidwell::replay::requests_of_goreplay);
  return 0;
}
