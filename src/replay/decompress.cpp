// A file may be several gzip members or zstd frames, one behind the other.
#include "replay/decompress.h"

#include <new>

namespace bidwell::replay {

Gzip::Gzip() {
  if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

Step Gzip::step(std::string_view in, char* out, std::size_t size) {
  if (whole_) {
    if (in.front() == '\0') return {.taken = 1, .whole = true};  // padding behind the last member
    inflateReset(&stream_);
  }
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream_.avail_in = static_cast<uInt>(in.size());
  stream_.next_out = reinterpret_cast<Bytef*>(out);
  stream_.avail_out = static_cast<uInt>(size);
  const int result = inflate(&stream_, Z_NO_FLUSH);
  whole_ = result == Z_STREAM_END;
  return {.taken = in.size() - stream_.avail_in,
          .made = size - stream_.avail_out,
          .broken = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR,
          .whole = whole_};
}

Zstd::Zstd() : stream_(ZSTD_createDStream()) {
  if (stream_ == nullptr) throw std::bad_alloc();
}

Step Zstd::step(std::string_view in, char* out, std::size_t size) {
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  ZSTD_outBuffer output{out, size, 0};
  const std::size_t result = ZSTD_decompressStream(stream_, &output, &input);
  return {.taken = input.pos, .made = output.pos, .broken = ZSTD_isError(result) != 0, .whole = result == 0};
}

}  // namespace bidwell::replay
