// Bid requests out of a capture or a file, again from its start when it ends.
#pragma once

#include <memory>

#include "bidwell/market/market.h"
#include "bidwell/replay/request.h"
#include "market/ask.h"

namespace bidwell::market {

// `body` with this id and tmax, whatever it had; all else byte for byte. False: it is no JSON object.
bool put_in(const std::string& body, const std::string& id, unsigned tmax_ms, std::string& out);

// Not thread-safe.
class CapturedAsks final : public AskSource {
 public:
  // Throws std::runtime_error when there is nothing to read, or none of it is a bid request.
  CapturedAsks(const Options& options, std::uint64_t run);
  bool next(std::uint64_t number, Ask& out) override;
  std::uint64_t left_out() const override { return left_out_; }

 private:
  void open();

  const Options options_;
  const std::uint64_t run_;
  std::unique_ptr<replay::RequestSource> source_;
  replay::CapturedRequest request_;
  std::uint64_t used_ = 0;      // since the file was opened
  std::uint64_t left_out_ = 0;  // the first time through
  bool first_round_ = true;
};

}  // namespace bidwell::market
