// What Redis answers: a view of a reply in RESP2, https://redis.io/docs/reference/protocol-spec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bidwell::redis {

struct ReplyNode;

// A reply, or a part of one. Valid only during the callback that it is given to. Nothing about it fails: of another
// kind, or past the end, it is empty.
class Reply {
 public:
  enum class Kind : std::uint8_t { nil, text, status, error, integer, array };

  Reply() = default;  // nil
  explicit Reply(const ReplyNode* node) noexcept : node_(node) {}

  Kind kind() const noexcept;
  bool is_nil() const noexcept { return kind() == Kind::nil; }
  bool is_error() const noexcept { return kind() == Kind::error; }
  std::string_view text() const noexcept;  // of text, status and error; else empty
  std::int64_t integer() const noexcept;   // of integer; else 0
  std::size_t size() const noexcept;       // of array; else 0
  Reply operator[](std::size_t i) const noexcept;

 private:
  const ReplyNode* node_ = nullptr;
};

}  // namespace bidwell::redis
