// HMAC (RFC 2104) with a key that is prepared once: the hash's state behind the inner and the outer padded key is kept,
// and copied by value for each message. OpenSSL's one-shot HMAC() and its EVP look their algorithm up and allocate each
// time (measured: 7 times as slow for a token); the hashes themselves are the same code, with the processor's SHA
// instructions.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <span>

namespace bidwell::exchange {

// FIPS 180-4.
struct Sha256 {
  using State = SHA256_CTX;
  static constexpr std::size_t kSize = SHA256_DIGEST_LENGTH;
};
struct Sha1 {
  using State = SHA_CTX;
  static constexpr std::size_t kSize = SHA_DIGEST_LENGTH;
};

// Constant after construction, shared by all threads.
template <class Hash>
class Hmac {
 public:
  using Digest = std::array<std::uint8_t, Hash::kSize>;

  // A key of at most 64 bytes.
  explicit Hmac(std::span<const std::uint8_t> key) noexcept;

  // Of one text after the other.
  Digest operator()(std::span<const std::uint8_t> message, std::span<const std::uint8_t> more = {}) const noexcept;

 private:
  typename Hash::State inner_, outer_;
};

extern template class Hmac<Sha256>;
extern template class Hmac<Sha1>;

}  // namespace bidwell::exchange
