// Blocks that a worker lends to the connections whose request outgrows their own buffer: memory
// follows the large requests in progress, not the open connections, and is bounded.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "bidwell/http/message.h"

namespace bidwell::http {

class BlockPool {
 public:
  BlockPool(std::size_t block_bytes, std::size_t blocks_max) : block_bytes_(block_bytes), blocks_max_(blocks_max) {
    free_.reserve(kKept);
  }

  std::size_t block_bytes() const noexcept { return block_bytes_; }
  std::size_t lent() const noexcept { return lent_; }

  // block_bytes() and kBodyPadding behind them; null when all are lent.
  char* borrow() noexcept {
    if (lent_ == blocks_max_) return nullptr;
    char* block = nullptr;
    if (free_.empty()) {
      block = new (std::nothrow) char[block_bytes_ + kBodyPadding];
    } else {
      block = free_.back().release();
      free_.pop_back();
    }
    if (block != nullptr) ++lent_;
    return block;
  }

  void give_back(char* block) noexcept {
    --lent_;
    std::unique_ptr<char[]> owned(block);
    if (free_.size() < kKept) free_.push_back(std::move(owned));
  }

 private:
  // Enough to need no allocation in a steady state; what a burst took beyond them goes back to the
  // system.
  static constexpr std::size_t kKept = 16;

  std::size_t block_bytes_;
  std::size_t blocks_max_;
  std::size_t lent_ = 0;
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace bidwell::http
