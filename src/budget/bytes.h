// Numbers, texts and lists of them to bytes and back, for the ledger's file.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

static_assert(std::endian::native == std::endian::little, "numbers are kept as they stand in memory");

template <typename T>
concept Number = std::is_integral_v<T>;

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <Number... T>
  void put(T... values) {
    (out_.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  void put(const std::optional<Nanos>& amount) { put(amount.has_value(), amount.value_or(0)); }
  void put(const Limits& limits) {
    put(limits.total);
    put(limits.daily);
  }
  void put(const Cells& cells) {
    put_each(cells, [&](const auto& at) { put(at.first, at.second); });
  }
  template <typename List, typename PutOne>
  void put_each(const List& list, PutOne put_one) {
    put(static_cast<std::uint64_t>(list.size()));
    for (const auto& one : list) put_one(one);
  }

 private:
  std::string& out_;
};

// Throws std::runtime_error where there is less than is asked for. Texts are the input's.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <Number T>
  T get() {
    T value{};
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  template <Number... T>
  void get(T&... values) {
    ((values = get<T>()), ...);
  }
  std::string_view get_text() { return take(get<std::uint32_t>()); }
  void get(std::optional<Nanos>& amount) {
    const bool is_there = get<std::uint8_t>() != 0;
    const auto value = get<Nanos>();
    amount = is_there ? std::optional(value) : std::nullopt;
  }
  void get(Limits& limits) {
    get(limits.total);
    get(limits.daily);
  }
  void get(Cells& cells) {
    get_each([&] {
      const auto cell = get<std::int64_t>();
      get(cells[cell]);
    });
  }
  template <typename GetOne>
  void get_each(GetOne get_one) {
    for (auto left = get<std::uint64_t>(); left > 0; --left) get_one();
  }
  void end() const {
    if (!bytes_.empty()) throw std::runtime_error("more than there should be");
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) throw std::runtime_error("less than there should be");
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace bidwell::budget
