// What an open-loop client sends.
#pragma once

#include <cstddef>
#include <string_view>

namespace bidwell::open_loop {

inline constexpr std::size_t kDifferentRequests = 2'000;  // bid requests, in turn

struct Request {
  std::string_view text;  // with its head; valid until the next call
  bool notice = false;    // else it asks for a bid
};

class RequestSource {
 public:
  virtual ~RequestSource() = default;

  virtual Request next() = 0;

  // An answer with bids came; after its time was taken.
  virtual void take_bids(std::string_view /*body*/) {}
};

}  // namespace bidwell::open_loop
