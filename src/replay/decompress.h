// gzip and zstd, a step at a time.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <string_view>

namespace bidwell::replay {

// What a decompressor did with the bytes it was given.
struct Step {
  std::size_t taken = 0, made = 0;
  bool broken = false;
  bool whole = false;  // the input may end here
};

// Throws std::bad_alloc. Not thread-safe.
class Gzip {
 public:
  Gzip();
  ~Gzip() { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  // `in` may be empty only where the last step was not whole.
  Step step(std::string_view in, char* out, std::size_t size);

 private:
  z_stream stream_{};
  bool whole_ = false;
};

// The same.
class Zstd {
 public:
  Zstd();
  ~Zstd() { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Step step(std::string_view in, char* out, std::size_t size);

 private:
  ZSTD_DStream* stream_;
};

}  // namespace bidwell::replay
