// A script's name in Redis.
#include "bidwell/redis/script.h"

#include <boost/uuid/detail/sha1.hpp>

namespace bidwell::redis {

Script::Script(std::string_view source) : source_(source) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(source_.data(), source_.size());
  boost::uuids::detail::sha1::digest_type words;
  hash.get_digest(words);
  for (unsigned word : words) {
    for (int shift = 28; shift >= 0; shift -= 4) sha1_ += "0123456789abcdef"[word >> shift & 15];
  }
}

}  // namespace bidwell::redis
