// What a bid's token costs: signed (both MACs), verified, and its parts, each beside what it could have been.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>
#include <cstdint>

#include "bidwell/exchange/price.h"
#include "bidwell/exchange/token.h"
#include "exchange/base64.h"
#include "exchange/hmac.h"

namespace bidwell::bench {
namespace {

using exchange::Audience;
using exchange::BidToken;
using exchange::SignedToken;
using exchange::TokenKeys;

const TokenKeys& keys() {
  static const TokenKeys keys({{1, "of thirty-two random bytes or so"}});
  return keys;
}

// With ids as exchanges and campaigns have them, and a known user.
BidToken usual_token() {
  BidToken token;
  for (std::uint8_t i = 0; i < token.bid_id.size(); ++i) token.bid_id[i] = i;
  for (std::uint8_t i = 0; i < token.user.size(); ++i) token.user[i] = static_cast<std::uint8_t>(i + 1);
  token.bid_at_ms = 1'715'774'400'000;
  token.price_max = 2'500'000;
  token.exchange = "demo";
  token.campaign_id = "c-000123";
  token.creative_id = "c-000123-300x250";
  token.imp_id = "1";
  return token;
}

// A token's payload.
using Payload = std::array<std::uint8_t, 81>;

void token_sign(benchmark::State& state) {
  BidToken token = usual_token();
  SignedToken out;
  for (auto _ : state) {
    ++token.bid_id[11];
    benchmark::DoNotOptimize(keys().sign(token, out));
    benchmark::DoNotOptimize(out);
  }
  state.counters["characters"] = static_cast<double>(out.payload_size + exchange::kTokenMacTextSize);
}

void token_verify(benchmark::State& state) {
  SignedToken out;
  keys().sign(usual_token(), out);
  const std::string text = std::string(out.payload()) + std::string(out.mac(Audience::exchange));
  TokenKeys::Scratch scratch;
  BidToken token;
  for (auto _ : state) {
    if (keys().verify(text, Audience::exchange, scratch, token) != exchange::TokenError::none) {
      state.SkipWithError("refused");
    }
  }
}

void hmac_ours(benchmark::State& state) {
  const std::array<std::uint8_t, 32> key{1};
  const exchange::Hmac<exchange::Sha256> hmac(key);
  Payload payload{};
  for (auto _ : state) {
    ++payload[0];
    benchmark::DoNotOptimize(hmac(payload));
  }
}

void hmac_openssl_one_shot(benchmark::State& state) {
  const std::array<std::uint8_t, 32> key{1};
  Payload payload{};
  std::array<std::uint8_t, 32> digest;
  for (auto _ : state) {
    ++payload[0];
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), payload.data(), payload.size(), digest.data(),
         nullptr);
    benchmark::DoNotOptimize(digest);
  }
}

void hmac_sodium(benchmark::State& state) {
  const std::array<std::uint8_t, 32> key{1};
  Payload payload{};
  std::array<std::uint8_t, 32> digest;
  for (auto _ : state) {
    ++payload[0];
    crypto_auth_hmacsha256(digest.data(), payload.data(), payload.size(), key.data());
    benchmark::DoNotOptimize(digest);
  }
}

void chacha20(benchmark::State& state) {
  const std::array<std::uint8_t, 32> key{1};
  std::array<std::uint8_t, 12> nonce{};
  Payload payload{};
  for (auto _ : state) {
    ++nonce[0];
    crypto_stream_chacha20_ietf_xor(payload.data(), payload.data(), payload.size() - 13, nonce.data(), key.data());
    benchmark::DoNotOptimize(payload);
  }
}

void base64_encode_ours(benchmark::State& state) {
  Payload payload{};
  std::array<char, 200> text;
  for (auto _ : state) {
    ++payload[0];
    benchmark::DoNotOptimize(exchange::encode_base64(payload, text.data()));
    benchmark::DoNotOptimize(text);
  }
}

void base64_encode_sodium(benchmark::State& state) {
  Payload payload{};
  std::array<char, 200> text;
  for (auto _ : state) {
    ++payload[0];
    benchmark::DoNotOptimize(sodium_bin2base64(text.data(), text.size(), payload.data(), payload.size(),
                                               sodium_base64_VARIANT_URLSAFE_NO_PADDING));
  }
}

void base64_decode_ours(benchmark::State& state) {
  Payload payload{};
  std::array<char, 200> text;
  char* const end = exchange::encode_base64(payload, text.data());
  const std::string_view view(text.data(), static_cast<std::size_t>(end - text.data()));
  for (auto _ : state) {
    benchmark::DoNotOptimize(exchange::decode_base64(view, exchange::Alphabet::url, payload.data()));
    benchmark::DoNotOptimize(payload);
  }
}

void google_price(benchmark::State& state) {
  exchange::GooglePriceKeys price_keys;
  price_keys.encryption = exchange::parse_price_key("skU7Ax_NL5pPAFyKdkfZjZz2-VhIN8bjj1rVFOaJ_5o=").value();
  price_keys.integrity = exchange::parse_price_key("arO23ykdNqUQ5LEoQ0FVmPkBd7xB5CO89PDZlSjpFxo=").value();
  for (auto _ : state) {
    if (!exchange::read_price("YWJjMTIzZGVmNDU2Z2hpN7fhCuPemCce_6msaw", exchange::PriceFormat::google, price_keys)) {
      state.SkipWithError("refused");
    }
  }
}

BENCHMARK(token_sign);
BENCHMARK(token_verify);
BENCHMARK(chacha20);
BENCHMARK(hmac_ours);
BENCHMARK(hmac_openssl_one_shot);
BENCHMARK(hmac_sodium);
BENCHMARK(base64_encode_ours);
BENCHMARK(base64_encode_sodium);
BENCHMARK(base64_decode_ours);
BENCHMARK(google_price);

}  // namespace
}  // namespace bidwell::bench
