// zlib in single calls: input and output are whole, so the window is never copied.
#include "http/gzip.h"

#include <new>

#include "bidwell/core/text.h"

namespace bidwell::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, with the gzip wrapper

Bytef* input(std::string_view text) {
  // zlib's interface lacks a const; it does not write.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

// Whether the parameters of one coding (";q=0.5") leave it allowed: all but a q of zero do.
bool positive_q(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    std::string_view one = trim(parameters.substr(0, end));
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
    if (one.size() < 2 || ascii_lower(one[0]) != 'q') continue;
    one = trim(one.substr(1));
    if (one.empty() || one[0] != '=') continue;
    return trim(one.substr(1)).find_first_of("123456789") != std::string_view::npos;
  }
  return true;
}

}  // namespace

Inflater::Inflater() {
  if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(&stream_);
}

Inflater::Result Inflater::inflate(std::string_view compressed, char* out, std::size_t size_max, std::size_t& size) {
  stream_.next_in = input(compressed);
  stream_.avail_in = static_cast<uInt>(compressed.size());
  stream_.next_out = reinterpret_cast<Bytef*>(out);
  stream_.avail_out = static_cast<uInt>(size_max + 1);
  do {
    inflateReset(&stream_);
    const int result = ::inflate(&stream_, Z_FINISH);
    if (stream_.avail_out == 0) return Result::too_large;
    if (result != Z_STREAM_END) return Result::bad;
  } while (stream_.avail_in > 0);
  size = size_max + 1 - stream_.avail_out;
  return Result::ok;
}

Deflater::Deflater() {
  // The fastest level: the auction's clock is running.
  constexpr int kMemory = 8;
  if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() {
  deflateEnd(&stream_);
}

std::size_t Deflater::deflate(std::string_view plain, char* out) {
  if (plain.size() < 2) return 0;
  deflateReset(&stream_);
  stream_.next_in = input(plain);
  stream_.avail_in = static_cast<uInt>(plain.size());
  stream_.next_out = reinterpret_cast<Bytef*>(out);
  stream_.avail_out = static_cast<uInt>(plain.size() - 1);
  if (::deflate(&stream_, Z_FINISH) != Z_STREAM_END) return 0;
  return plain.size() - 1 - stream_.avail_out;
}

void AcceptEncoding::add(std::string_view value) noexcept {
  while (!value.empty()) {
    const std::size_t end = value.find(',');
    const std::string_view element = trim(value.substr(0, end));
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    const std::size_t semicolon = element.find(';');
    const std::string_view coding = trim(element.substr(0, semicolon));
    const std::string_view parameters =
        semicolon == std::string_view::npos ? std::string_view{} : element.substr(semicolon + 1);
    const Said said = positive_q(parameters) ? Said::yes : Said::no;
    if (ascii_iequal(coding, "gzip") || ascii_iequal(coding, "x-gzip")) gzip_ = said;
    if (coding == "*") any_ = said;
  }
}

}  // namespace bidwell::http
