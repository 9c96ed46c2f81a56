// Bytes into replies: hiredis' reader, with the replies in an arena of ours, so that one costs no allocation, and
// bounds on what a peer may make us keep.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "bidwell/redis/reply.h"

struct redisReader;

namespace bidwell::redis {

class ReplyReader {
 public:
  static constexpr std::size_t kPartsMax = 1'000'000;     // of one reply, all arrays taken together
  static constexpr std::size_t kLineBytesMax = 64 << 10;  // of an error, or of a length

  explicit ReplyReader(std::size_t reply_bytes_max);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // To be followed by next() until there is none.
  void feed(std::string_view bytes);
  // Valid until the next call. Nothing: more bytes are needed, or `fault` says why no more will help.
  std::optional<Reply> next();
  const std::string& fault() const noexcept { return fault_; }

 private:
  struct Build;  // what hiredis calls

  void check_growth();

  const std::size_t reply_bytes_max_;
  std::array<std::byte, 32 << 10> space_;
  std::pmr::monotonic_buffer_resource arena_{space_.data(), space_.size()};
  std::size_t parts_ = 0;  // of the reply being read
  std::size_t bytes_ = 0;  // of it so far, and of what came with it
  bool given_ = false;     // what is in the arena was given out
  std::string fault_;
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace bidwell::redis
