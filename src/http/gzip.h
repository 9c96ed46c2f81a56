// gzip both ways over zlib, with states that are made once per worker and used again, and the
// Accept-Encoding header that decides about answers.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bidwell::http {

class Inflater {
 public:
  enum class Result { ok, too_large, bad };

  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // All members of `compressed` to `out`, which has room for `size_max` bytes and one more. `size`
  // is what was written. Bad: not gzip, damaged, cut short, or followed by something else.
  Result inflate(std::string_view compressed, char* out, std::size_t size_max, std::size_t& size);

 private:
  z_stream stream_{};
};

class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Compresses `plain` to `out` and returns the size; 0 when it did not become smaller. `out` has
  // room for plain.size() bytes.
  std::size_t deflate(std::string_view plain, char* out);

 private:
  z_stream stream_{};
};

// Whether the Accept-Encoding headers of a request allow a gzip answer (RFC 9110 12.5.3).
class AcceptEncoding {
 public:
  // One header's value; there may be several.
  void add(std::string_view value) noexcept;
  bool gzip() const noexcept { return gzip_ == Said::unsaid ? any_ == Said::yes : gzip_ == Said::yes; }

 private:
  enum class Said : std::uint8_t { unsaid, yes, no };
  Said gzip_ = Said::unsaid;
  Said any_ = Said::unsaid;
};

}  // namespace bidwell::http
