// Takes chunk framing off a body (RFC 9112, 7.1): extensions and trailers are read over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bidwell::replay {

// Not thread-safe.
class ChunkReader {
 public:
  enum class State : std::uint8_t { going, whole, broken, too_large };

  void begin();
  // Appends what is of the body to `out` while that is at most `size_max`, and takes what belongs to it off `bytes`: in
  // arbitrary cuts. Past size_max the framing is still followed, and the end is `too_large`.
  State take(std::string_view& bytes, std::size_t size_max, std::string& out);
  // That many bytes are missing. False: they go beyond this chunk's data, so nobody knows where the next one begins.
  bool skip(std::uint64_t bytes) noexcept;

 private:
  enum class At : std::uint8_t { size, data, data_end, trailer };

  bool take_size(std::string_view line);

  At at_ = At::size;
  bool too_large_ = false;
  std::uint64_t left_ = 0;  // of this chunk's data
  std::string line_;        // as far as it came
};

}  // namespace bidwell::replay
