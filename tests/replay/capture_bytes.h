// Capture files made byte by byte, and files compressed and put into a folder of the test's own.
#pragma once

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bidwell::replay::testing {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-replay-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;

  std::string file(const std::string& name, std::string_view content) const {
    const std::string path = this->path(name);
    std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
  }
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// Numbers in the file's byte order.
class CaptureWriter {
 public:
  explicit CaptureWriter(bool big_endian = false) : big_endian_(big_endian) {}

  CaptureWriter& u16(std::uint64_t value) { return number(value, 2); }
  CaptureWriter& u32(std::uint64_t value) { return number(value, 4); }
  CaptureWriter& raw(std::string_view bytes) { return text_.append(bytes), *this; }
  const std::string& text() const { return text_; }

  // The classic format.
  CaptureWriter& pcap(bool nano, std::uint32_t link, std::uint32_t snaplen = 262'144) {
    return u32(nano ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(snaplen).u32(link);
  }
  // `fraction` is in the file's unit.
  CaptureWriter& packet(std::uint32_t seconds, std::uint32_t fraction, std::string_view bytes, std::size_t wire = 0) {
    return u32(seconds).u32(fraction).u32(bytes.size()).u32(wire == 0 ? bytes.size() : wire).raw(bytes);
  }

  // pcapng.
  CaptureWriter& section() {
    return block(0x0a0d0d0a, CaptureWriter(big_endian_).u32(0x1a2b3c4d).u16(1).u16(0).u32(~0u).u32(~0u).text());
  }
  // `resolution` as if_tsresol has it: 6 for micro-, 9 for nanoseconds, 0x80 | n for 2^-n; -1: not given.
  CaptureWriter& interface(std::uint32_t link, int resolution = -1, std::uint32_t snaplen = 262'144) {
    CaptureWriter body(big_endian_);
    body.u16(link).u16(0).u32(snaplen);
    if (resolution >= 0) body.u16(9).u16(1).raw({std::string{static_cast<char>(resolution), 0, 0, 0}}).u16(0).u16(0);
    return block(1, body.text());
  }
  CaptureWriter& enhanced(std::uint32_t interface, std::uint64_t time, std::string_view bytes, std::size_t wire = 0) {
    CaptureWriter body(big_endian_);
    body.u32(interface).u32(time >> 32).u32(time & 0xffffffff).u32(bytes.size());
    body.u32(wire == 0 ? bytes.size() : wire).raw(bytes);
    return block(6, body.text());
  }
  CaptureWriter& simple(std::string_view bytes) {
    return block(3, CaptureWriter(big_endian_).u32(bytes.size()).raw(bytes).text());
  }
  CaptureWriter& block(std::uint32_t type, std::string body) {
    body.resize((body.size() + 3) / 4 * 4);
    return u32(type).u32(body.size() + 12).raw(body).u32(body.size() + 12);
  }

 private:
  CaptureWriter& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      text_.push_back(static_cast<char>(value >> 8 * (big_endian_ ? bytes - 1 - i : i)));
    }
    return *this;
  }

  bool big_endian_;
  std::string text_;
};

}  // namespace bidwell::replay::testing
