// Lines of a stream, whatever stands in it, in memory that is bounded.
#pragma once

#include <cstdint>
#include <istream>
#include <string_view>
#include <vector>

namespace bidwell::profile {

class LineReader {
 public:
  LineReader(std::istream& in, std::size_t line_bytes_max);

  // The next line without its end (LF or CR LF), valid until the next call; an UTF-8 byte order mark at the start of
  // the stream is left out. False at the end.
  bool next(std::string_view& line);

  bool too_long() const noexcept { return too_long_; }       // the line, which next() gave as an empty one
  std::uint64_t number() const noexcept { return number_; }  // of the line, from 1
  std::uint64_t bytes() const noexcept { return bytes_; }    // taken by lines so far

  // What next() will give begins with this character; 0 at the end.
  char peek();

 private:
  bool fill();
  void skip_rest();

  std::istream& in_;
  const std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t from_ = 0, to_ = 0;  // what of the buffer has been read and not yet given
  std::uint64_t number_ = 0, bytes_ = 0;
  bool too_long_ = false;
};

}  // namespace bidwell::profile
