// Bytes of a file or of standard input, decompressed where they are gzip or zstd (by their first bytes).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace bidwell::replay {

// Not thread-safe.
class InputFile {
 public:
  // A path, or "-". Throws std::runtime_error that names it.
  explicit InputFile(const std::string& path);
  ~InputFile();

  // A pipe or terminal is then waited for 100 ms at a time, and ends when this becomes true. May be null.
  void stop_by(const std::atomic<bool>* stop) noexcept;

  // The next bytes after decompression, without taking them: 512 at most, and 24 (a capture's header) at least where
  // the file has them.
  std::string_view peek();
  // Up to `size` bytes into `out`; 0: the end. A torn or broken compressed stream ends, too: see torn().
  std::size_t read(char* out, std::size_t size);
  // The next line without its "\n" (a "\r" stays), as long as it is or its first `max` bytes (then `too_long` is set);
  // lives until the next call. False: no more.
  bool line(std::string_view& out, std::size_t max, bool& too_long);

  // A FILE that reads this (for libpcap); the caller closes it, and this must outlive it.
  std::FILE* stream();

  bool torn() const noexcept;                 // the compressed stream broke off or was wrong, or reading failed
  std::uint64_t bytes_read() const noexcept;  // of the file as it stands
  std::uint64_t bytes_of() const noexcept;    // 0: not known

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
