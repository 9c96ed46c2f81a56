// The only place that calls OpenSSL's hashes by themselves, which version 3 calls deprecated: what it has in their
// place allocates.
#include "exchange/hmac.h"

#include <algorithm>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace bidwell::exchange {
namespace {

constexpr std::size_t kBlock = 64;  // of both hashes

void begin(SHA256_CTX& state) noexcept {
  SHA256_Init(&state);
}
void begin(SHA_CTX& state) noexcept {
  SHA1_Init(&state);
}
void add(SHA256_CTX& state, std::span<const std::uint8_t> bytes) noexcept {
  SHA256_Update(&state, bytes.data(), bytes.size());
}
void add(SHA_CTX& state, std::span<const std::uint8_t> bytes) noexcept {
  SHA1_Update(&state, bytes.data(), bytes.size());
}
void end(SHA256_CTX& state, std::uint8_t* digest) noexcept {
  SHA256_Final(digest, &state);
}
void end(SHA_CTX& state, std::uint8_t* digest) noexcept {
  SHA1_Final(digest, &state);
}

template <class State>
void begin_with(State& state, std::span<const std::uint8_t> key, std::uint8_t pad) noexcept {
  std::array<std::uint8_t, kBlock> block{};
  std::copy_n(key.data(), std::min(key.size(), kBlock), block.data());
  for (std::uint8_t& byte : block) byte ^= pad;
  begin(state);
  add(state, block);
}

}  // namespace

template <class Hash>
Hmac<Hash>::Hmac(std::span<const std::uint8_t> key) noexcept {
  begin_with(inner_, key, 0x36);
  begin_with(outer_, key, 0x5c);
}

template <class Hash>
typename Hmac<Hash>::Digest Hmac<Hash>::operator()(std::span<const std::uint8_t> message,
                                                   std::span<const std::uint8_t> more) const noexcept {
  Digest digest;
  typename Hash::State state = inner_;
  add(state, message);
  if (!more.empty()) add(state, more);
  end(state, digest.data());
  state = outer_;
  add(state, digest);
  end(state, digest.data());
  return digest;
}

template class Hmac<Sha256>;
template class Hmac<Sha1>;

}  // namespace bidwell::exchange
