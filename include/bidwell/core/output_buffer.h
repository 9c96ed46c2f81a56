// A byte buffer of fixed capacity to write answers into. A piece that does not fit is left out whole, and it
// says so: the caller checks `overflowed()` once at the end instead of after every piece.
#pragma once

#include <charconv>
#include <concepts>
#include <cstring>
#include <memory>
#include <string_view>

namespace bidwell {

class OutputBuffer {
 public:
  explicit OutputBuffer(std::size_t capacity)
      : storage_(new char[capacity]), end_(storage_.get() + capacity), at_(storage_.get()) {}

  void append(std::string_view text) noexcept {
    if (text.size() > room()) {
      overflowed_ = true;
      return;
    }
    if (text.empty()) return;  // memcpy may not be given a null view's data
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void append(char c) noexcept {
    if (at_ == end_) {
      overflowed_ = true;
      return;
    }
    *at_++ = c;
  }
  template <std::integral Int>
  void append_number(Int value) noexcept {
    const auto [after, error] = std::to_chars(at_, end_, value);
    if (error != std::errc{}) {
      overflowed_ = true;
      return;
    }
    at_ = after;
  }

  // For writers that know their own bound: `size` bytes to fill, or null (and overflowed) when there is
  // no room; then `commit` what was filled.
  char* reserve(std::size_t size) noexcept {
    if (size > room()) {
      overflowed_ = true;
      return nullptr;
    }
    return at_;
  }
  void commit(char* filled_to) noexcept { at_ = filled_to; }

  char* data() noexcept { return storage_.get(); }
  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - storage_.get()); }
  std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  std::string_view view(std::size_t from = 0) const noexcept { return {storage_.get() + from, size() - from}; }
  bool overflowed() const noexcept { return overflowed_; }

  // Forgets everything from `size` on, and that it overflowed.
  void truncate(std::size_t size) noexcept {
    at_ = storage_.get() + size;
    overflowed_ = false;
  }

 private:
  std::unique_ptr<char[]> storage_;
  char* end_;
  char* at_;
  bool overflowed_ = false;
};

}  // namespace bidwell
