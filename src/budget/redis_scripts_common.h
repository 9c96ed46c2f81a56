// What the scripts begin with.
#pragma once

#include <string>
#include <string_view>

#include "bidwell/redis/script.h"

namespace bidwell::budget::scripts {

// Names, the time, and sums of amounts.
extern const std::string_view kCommon;
// Ends a script where there is no ledger. Behind kCommon.
extern const std::string_view kGuard;
// One account at a time, with step 1 of Book::settle. Behind kGuard; ARGV[2] is `reserve` in seconds.
extern const std::string_view kAccount;

inline redis::Script guarded(std::string_view body) {
  return redis::Script(std::string(kCommon) + std::string(kGuard) + std::string(body));
}
inline redis::Script with_account(std::string_view body) {
  return guarded(std::string(kAccount) + std::string(body));
}

}  // namespace bidwell::budget::scripts
