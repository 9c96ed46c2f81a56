// bidwell-replay extract, make-pcap, --anonymise and --compare: from files to files, nothing is sent.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/replay/input.h"
#include "bidwell/replay/anonymise.h"
#include "bidwell/replay/lines.h"
#include "bidwell/replay/report.h"

namespace bidwell::apps {
namespace {

using replay::CapturedRequest;

class Output {
 public:
  explicit Output(const std::string& path)
      : path_(path == "-" ? "standard output" : path), file_(path == "-" ? stdout : std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) fail();
  }
  ~Output() {
    if (file_ != stdout && file_ != nullptr) std::fclose(file_);
  }
  void write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
  }
  void finish() {
    if (std::fflush(file_) != 0) fail();
  }

 private:
  [[noreturn]] void fail() { throw std::runtime_error(fmt::format("{}: {}", path_, std::strerror(errno))); }

  std::string path_;
  std::FILE* file_;
};

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw std::runtime_error(fmt::format("{}: cannot be read", path));
  return text;
}

bool is_bare(const CapturedRequest& request) {
  return request.at_ns == CapturedRequest::kNoTime && request.headers.empty();
}

replay::AnonymiseOptions secret_of(const std::string& file) {
  if (file.empty()) return {};
  const std::string secret = contents_of(file);
  if (secret.size() < 16) {
    throw std::runtime_error(
        fmt::format("{}: a secret of {} bytes can be guessed: 16 or more, for example from "
                    "`head -c 32 /dev/urandom`",
                    file, secret.size()));
  }
  return {secret};
}

nlohmann::ordered_json result_of(const std::string& path) {
  try {
    return nlohmann::ordered_json::parse(contents_of(path));
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace

int replay_extract(const ExtractOptions& options) {
  InputOptions wanted = options.input;
  wanted.reading.cut_off = wanted.selection.all_methods;
  Input input(wanted);
  ProgressLine progress(true);
  Output out(options.count ? "-" : options.output);
  const bool envelope = options.envelope || wanted.selection.all_methods;
  std::uint64_t count = 0, cut_off = 0;
  std::string line;
  for_each_request(input, progress, [&](CapturedRequest& request) {
    ++count;
    if (request.cut_off) ++cut_off;
    if (options.count) return;
    line.clear();
    envelope ? replay::write_envelope_line(line, request) : replay::write_body_line(line, request);
    out.write(line);
  });
  if (options.count) out.write(fmt::format("{}\n", count));
  out.finish();
  if (cut_off > 0) fmt::print(stderr, "{} of {} requests are not whole\n", cut_off, count);
  print_losses(input);
  return 0;
}

int replay_make_pcap(const MakePcapCommand& options) {
  if (options.output == "-" && isatty(STDOUT_FILENO) == 1) {
    throw std::invalid_argument("a capture is no text for a terminal: --output FILE, or send it into a pipe");
  }
  InputOptions wanted = options.input;
  wanted.reading.answers = true;
  Input input(wanted);
  ProgressLine progress(true);
  replay::PcapWriter writer(options.output, options.making);
  std::uint64_t count = 0;
  for_each_request(input, progress, [&](CapturedRequest& request) {
    writer.write(request);
    ++count;
  });
  writer.finish();
  fmt::print(stderr, "{} requests, {} packets\n", count, writer.packets());
  print_losses(input);
  return 0;
}

int replay_anonymise(const AnonymiseCommand& options) {
  const replay::Anonymiser anonymiser(secret_of(options.secret_file));
  InputOptions wanted = options.input;
  wanted.reading.answers = true;
  Input input(wanted);
  ProgressLine progress(true);
  std::unique_ptr<replay::PcapWriter> pcap;
  std::unique_ptr<Output> lines;
  if (options.output.ends_with(".pcap")) {
    pcap = std::make_unique<replay::PcapWriter>(options.output, replay::MakePcapOptions{});
  } else {
    lines = std::make_unique<Output>(options.output);
  }
  std::uint64_t count = 0, emptied = 0;
  std::string line;
  for_each_request(input, progress, [&](CapturedRequest& request) {
    const bool bare = is_bare(request);
    if (!anonymiser.anonymise(request)) ++emptied;
    ++count;
    if (pcap) {
      pcap->write(request);
      return;
    }
    line.clear();
    bare ? replay::write_body_line(line, request) : replay::write_envelope_line(line, request);
    lines->write(line);
  });
  pcap ? pcap->finish() : lines->finish();
  fmt::print(stderr, "{} requests written to {}\n", count, options.output);
  if (emptied > 0) fmt::print(stderr, "{} bodies were emptied: no JSON, so nobody can tell what they hold\n", emptied);
  print_losses(input);
  return 0;
}

int replay_compare(const std::string& a, const std::string& b) {
  fmt::print("{}", replay::compare_text(result_of(a), result_of(b)));
  return 0;
}

}  // namespace bidwell::apps
