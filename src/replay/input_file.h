// Bytes of a file or of standard input, decompressed where they are gzip or zstd (by their first bytes).
#pragma once

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

  // The first bytes after decompression, without taking them; at most 512.
  std::string_view peek();
  // Up to `size` bytes into `out`; 0: the end. A torn or broken compressed stream ends, too: see torn().
  std::size_t read(char* out, std::size_t size);
  // The next line without its end, any length up to `max` (longer: its rest is skipped and `too_long` set); false: no
  // more.
  bool line(std::string_view& out, std::size_t max, bool& too_long);

  // A FILE that reads this (for libpcap); the caller closes it, and this must outlive it.
  std::FILE* stream();

  bool torn() const noexcept;                 // the compressed stream broke off or was wrong
  std::uint64_t bytes_read() const noexcept;  // of the file as it stands
  std::uint64_t bytes_of() const noexcept;    // 0: not known

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::replay
