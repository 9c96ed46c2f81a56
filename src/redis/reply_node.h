// What a Reply is a view of.
#pragma once

#include "bidwell/redis/reply.h"

namespace bidwell::redis {

struct ReplyNode {
  Reply::Kind kind = Reply::Kind::nil;
  std::int64_t integer = 0;
  std::string_view text;
  std::size_t size = 0;
  ReplyNode** parts = nullptr;  // `size` of them; null until they are read
};

}  // namespace bidwell::redis
