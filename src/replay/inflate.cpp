// zlib with one stream for each thread: making one costs more than a small body.
#include "replay/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "bidwell/core/text.h"

namespace bidwell::replay {
namespace {

constexpr int kWindow = 15;
constexpr int kGzip = kWindow + 16;

class Stream {
 public:
  Stream() {
    if (inflateInit2(&zlib_, kGzip) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&zlib_); }

  Inflated run(int window, std::string_view encoded, std::size_t size_max, std::string& out) {
    // zlib's interface lacks a const; it does not write.
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(encoded.data()));
    zlib_.avail_in = static_cast<uInt>(encoded.size());
    out.resize(std::min(size_max + 1, encoded.size() * 4 + 256));
    std::size_t size = 0;
    const auto end = [&](Inflated result) {
      out.resize(result == Inflated::too_large ? 0 : size);
      return result;
    };
    do {  // a gzip body may have several members
      inflateReset2(&zlib_, window);
      for (int result = Z_OK; result != Z_STREAM_END;) {
        if (size > size_max) return end(Inflated::too_large);
        if (size == out.size()) out.resize(std::min(size_max + 1, out.size() * 2));
        zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        zlib_.avail_out = static_cast<uInt>(out.size() - size);
        result = ::inflate(&zlib_, Z_NO_FLUSH);
        size = out.size() - zlib_.avail_out;
        if (result == Z_OK && (zlib_.avail_in > 0 || zlib_.avail_out == 0)) continue;
        if (result == Z_STREAM_END) break;
        if (size > size_max) return end(Inflated::too_large);
        const bool starved = (result == Z_OK || result == Z_BUF_ERROR) && zlib_.avail_in == 0;
        return end(starved ? Inflated::torn : Inflated::broken);
      }
      if (size > size_max) return end(Inflated::too_large);
    } while (window == kGzip && zlib_.avail_in > 0);
    return end(zlib_.avail_in == 0 ? Inflated::whole : Inflated::broken);
  }

 private:
  z_stream zlib_{};
};

// RFC 1950: the method 8, and a check of the first two bytes.
bool has_zlib_header(std::string_view encoded) {
  if (encoded.size() < 2) return false;
  const auto a = static_cast<unsigned char>(encoded[0]), b = static_cast<unsigned char>(encoded[1]);
  return (a & 15U) == 8 && (a * 256U + b) % 31 == 0;
}

}  // namespace

bool is_identity(std::string_view encoding) noexcept {
  return encoding.empty() || ascii_iequal(encoding, "identity");
}

Inflated inflate_body(std::string_view encoding, std::string_view encoded, std::size_t size_max, std::string& out) {
  thread_local Stream stream;
  if (is_identity(encoding)) {
    if (encoded.size() > size_max) return Inflated::too_large;
    out.assign(encoded);
    return Inflated::whole;
  }
  if (ascii_iequal(encoding, "gzip") || ascii_iequal(encoding, "x-gzip")) {
    return stream.run(kGzip, encoded, size_max, out);
  }
  if (ascii_iequal(encoding, "deflate")) {
    return stream.run(has_zlib_header(encoded) ? kWindow : -kWindow, encoded, size_max, out);
  }
  out.assign(encoded.substr(0, size_max));
  return Inflated::broken;
}

}  // namespace bidwell::replay
