// How fast a capture is read: a file of --mb megabytes (requests of 1 to 2 kB over 64 connections, answered) is written
// into a temporary folder, read by libpcap alone, which is the floor, and then through the whole chain to requests.
#include <pcap/pcap.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>

#include "bidwell/replay/make_pcap.h"
#include "bidwell/replay/request.h"

namespace {

using namespace bidwell::replay;
namespace fs = std::filesystem;

constexpr double kMega = 1e6;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / kMega;
}

// Times one way of reading.
template <class Read>
void measure(const char* name, double mb, const Read& read) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu_start = cpu_seconds();
  const std::string found = read();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-24s %8.0f MB/s %8.2f s CPU %8.0f MB peak   %s\n", name, mb / seconds, cpu_seconds() - cpu_start,
              peak_mb(), found.c_str());
}

std::string body_of(std::mt19937_64& random) {
  std::string body =
      R"({"id":")" + std::to_string(random()) + R"(","imp":[{"id":"1","banner":{"w":300,"h":250}}],"site":{"page":")";
  body += "https://example.com/" + std::to_string(random()) + "/" + std::string(600 + random() % 900, 'p');
  return body + R"("},"device":{"ip":"192.0.2.1","ua":"Mozilla/5.0"},"tmax":100})";
}

void write_capture(const std::string& file, double mb) {
  MakePcapOptions options;
  options.connections = 64;
  options.rate = 20'000;
  PcapWriter writer(file, options);
  std::mt19937_64 random(1);
  for (std::uint64_t n = 0, bytes = 0; static_cast<double>(bytes) < mb * kMega; ++n) {
    CapturedRequest request;
    request.at_ns = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(n) * 50'000;
    request.flow = 1 + n % options.connections;
    request.method = "POST";
    request.target = "/bid/demo";
    request.headers = {{"Host", "bidder.example"}, {"Content-Type", "application/json"}, {"x-openrtb-version", "2.6"}};
    request.body = body_of(random);
    bytes += request.body.size() + 470;  // with head, answer, acknowledgements and packet headers
    writer.write(request);
  }
  writer.finish();
}

std::string read_bare(const std::string& file) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* pcap = pcap_open_offline(file.c_str(), error);
  if (pcap == nullptr) throw std::runtime_error(error);
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  std::uint64_t packets = 0;
  while (pcap_next_ex(pcap, &header, &bytes) == 1) ++packets;
  pcap_close(pcap);
  return std::to_string(packets) + " packets";
}

std::string read_requests(const std::string& file, bool answers) {
  SourceOptions options;
  options.answers = answers;
  const auto source = open_requests(file, options);
  std::uint64_t requests = 0, answered = 0, bytes = 0;
  for (CapturedRequest request; source->next(request) == Next::one;) {
    ++requests;
    bytes += request.body.size();
    answered += request.answer.has_value();
  }
  return std::to_string(requests) + " requests, " + std::to_string(answered) + " answers, " +
         std::to_string(bytes / 1'000'000) + " MB of bodies";
}

int run(int argc, char** argv) {
  double mb = 1000;
  std::string folder = fs::temp_directory_path().string();
  std::string capture;
  CLI::App app("How fast captures are read, beside libpcap alone.");
  app.add_option("--mb", mb, "size of the capture")->check(CLI::Range(1.0, 1e5));
  app.add_option("--folder", folder, "where to write it; removed at the end");
  app.add_option("--capture", capture, "read this one instead");
  CLI11_PARSE(app, argc, argv);

  const std::string made = folder + "/capture_benchmark_" + std::to_string(std::random_device()()) + ".pcap";
  const std::string file = capture.empty() ? made : capture;
  if (capture.empty()) write_capture(file, mb);
  const double size = static_cast<double>(fs::file_size(file)) / kMega;
  std::printf("%.0f MB\n", size);
  measure("libpcap alone", size, [&] { return read_bare(file); });
  measure("requests", size, [&] { return read_requests(file, false); });
  measure("requests and answers", size, [&] { return read_requests(file, true); });
  if (capture.empty()) fs::remove(file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
