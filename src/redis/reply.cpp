// The accessors of Reply, which make every wrong question's answer an empty one.
#include "bidwell/redis/reply.h"

#include "redis/reply_node.h"

namespace bidwell::redis {

Reply::Kind Reply::kind() const noexcept {
  return node_ == nullptr ? Kind::nil : node_->kind;
}

std::string_view Reply::text() const noexcept {
  return node_ == nullptr ? std::string_view() : node_->text;
}

std::int64_t Reply::integer() const noexcept {
  return node_ == nullptr ? 0 : node_->integer;
}

std::size_t Reply::size() const noexcept {
  return node_ == nullptr ? 0 : node_->size;
}

Reply Reply::operator[](std::size_t i) const noexcept {
  return Reply(i < size() ? node_->parts[i] : nullptr);
}

}  // namespace bidwell::redis
