// Compresses a file's bytes as they come. What is finished can be followed by more: both formats allow several members
// (frames) in one file, and every reader of them reads on.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bidwell/events/ndjson.h"

namespace bidwell::events {

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Both append to `out`, and throw std::runtime_error when the library fails (for want of memory).
  virtual void add(std::string_view bytes, std::string& out) = 0;
  virtual void finish(std::string& out) = 0;
};

std::unique_ptr<Compressor> make_compressor(Compression kind);

// What a compressed file's name ends with: "", ".gz", ".zst".
std::string_view file_ending(Compression kind) noexcept;

}  // namespace bidwell::events
