// Makes bid requests up: sites and apps, four formats, millions of users of whom few come often.
#pragma once

#include "bidwell/market/market.h"
#include "market/ask.h"
#include "market/random.h"
#include "market/zipf.h"

namespace bidwell::market {

// The same requests for the same seed and run, in whatever order they are asked for. Not thread-safe.
class Generator final : public AskSource {
 public:
  // Throws std::invalid_argument for shares and numbers that make no sense.
  Generator(const Options& options, std::uint64_t run);
  bool next(std::uint64_t number, Ask& out) override;

 private:
  struct Writer;

  const Options options_;
  const std::uint64_t run_;
  const Zipf users_, sites_;
};

}  // namespace bidwell::market
