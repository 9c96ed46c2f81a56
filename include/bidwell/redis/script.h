// A Lua script and the SHA-1 that Redis knows it by.
#pragma once

#include <string>
#include <string_view>

namespace bidwell::redis {

class Script {
 public:
  explicit Script(std::string_view source);
  std::string_view source() const noexcept { return source_; }
  std::string_view sha1() const noexcept { return sha1_; }  // 40 digits in lower case

 private:
  std::string source_, sha1_;
};

}  // namespace bidwell::redis
