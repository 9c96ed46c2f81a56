// Reads traces from files.
#include "bidwell/cache/trace.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "bidwell/core/hash.h"

namespace bidwell::cache {
namespace {

constexpr std::size_t kRecordBytes = 24;
constexpr std::size_t kProgressEvery = 1 << 20;

class File {
 public:
  explicit File(const std::string& path) : path_(path), in_(path, std::ios::binary) {
    if (!in_) throw std::runtime_error(path + ": " + std::strerror(errno));
  }

  std::ifstream& in() noexcept { return in_; }
  [[noreturn]] void refuse(const std::string& what) const { throw std::runtime_error(path_ + ": " + what); }
  void check_read() const {
    if (in_.bad()) refuse("cannot be read");
  }

  std::uint64_t bytes() {
    in_.seekg(0, std::ios::end);
    const auto end = in_.tellg();
    rewind();
    return end < 0 ? 0 : static_cast<std::uint64_t>(end);
  }
  bool begins_binary() {
    std::array<char, 4096> begin;
    in_.read(begin.data(), begin.size());
    const auto end = begin.begin() + in_.gcount();
    rewind();
    return std::find(begin.begin(), end, '\0') != end;
  }

 private:
  void rewind() {
    in_.clear();
    in_.seekg(0);
  }
  std::string path_;
  std::ifstream in_;
};

template <class Number>
Number little_endian(const char* at) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) value |= Number{static_cast<unsigned char>(at[i])} << (8 * i);
  return value;
}

void read_records(File& file, std::size_t requests_max, const Progress& progress, std::vector<Request>& out) {
  const std::uint64_t records = file.bytes() / kRecordBytes;
  std::vector<char> block(kRecordBytes * 4096);
  while (out.size() < requests_max) {
    file.in().read(block.data(), static_cast<std::streamsize>(block.size()));
    file.check_read();
    const auto bytes = static_cast<std::size_t>(file.in().gcount());
    if (bytes == 0) return;
    for (std::size_t at = 0; at < bytes && out.size() < requests_max; at += kRecordBytes) {
      if (bytes - at < kRecordBytes) {
        file.refuse("record " + std::to_string(out.size() + 1) + ": the file ends after " + std::to_string(bytes - at) +
                    " of its " + std::to_string(kRecordBytes) + " bytes");
      }
      const char* const record = block.data() + at;
      out.push_back({little_endian<std::uint64_t>(record + 4),
                     std::max<std::uint32_t>(1, little_endian<std::uint32_t>(record + 12))});
      if (progress && out.size() % kProgressEvery == 0) progress(out.size(), records);
    }
  }
}

void read_keys(File& file, std::size_t requests_max, const Progress& progress, std::vector<Request>& out) {
  const std::uint64_t bytes = file.bytes();
  std::uint64_t done = 0, line_number = 0;
  std::string text;
  while (out.size() < requests_max && std::getline(file.in(), text)) {
    ++line_number;
    done += text.size() + 1;
    std::string_view line = text;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    Request request;
    if (const std::size_t comma = line.rfind(','); comma != line.npos) {
      const std::string_view size = line.substr(comma + 1);
      const auto [end, fault] = std::from_chars(size.data(), size.data() + size.size(), request.size);
      if (fault != std::errc() || end != size.data() + size.size() || request.size == 0) {
        file.refuse("line " + std::to_string(line_number) +
                    ": the size after the comma must be a number from 1 to 2^32 - 1");
      }
      line = line.substr(0, comma);
    }
    request.id = hash64(line);
    out.push_back(request);
    if (progress && out.size() % kProgressEvery == 0) progress(done, bytes);
  }
  file.check_read();
}

}  // namespace

Trace read_trace(const std::string& path, TraceFormat format, std::size_t requests_max, const Progress& progress) {
  File file(path);
  if (format == TraceFormat::automatic) {
    format = file.begins_binary() ? TraceFormat::oracle_general : TraceFormat::keys;
  }
  Trace trace;
  trace.name = path;
  if (format == TraceFormat::oracle_general) {
    read_records(file, requests_max, progress, trace.requests);
  } else {
    read_keys(file, requests_max, progress, trace.requests);
  }
  if (trace.requests.empty()) file.refuse("there are no requests in it");
  return trace;
}

Population population_of(const Trace& trace) {
  boost::unordered_flat_set<std::uint64_t> seen;
  Population population;
  for (const Request& request : trace.requests) {
    if (!seen.insert(request.id).second) continue;
    ++population.things;
    population.bytes += request.size;
  }
  return population;
}

}  // namespace bidwell::cache
