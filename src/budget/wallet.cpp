// See wallet.h.
#include "bidwell/budget/wallet.h"

namespace bidwell::budget {

void Wallet::make_room(AccountNumber number) {
  std::atomic<Purse*>& chunk = chunks_[number / kChunk];
  if (chunk.load(std::memory_order_relaxed) == nullptr) chunk.store(new Purse[kChunk], std::memory_order_release);
}

Wallet::~Wallet() {
  for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
}

}  // namespace bidwell::budget
