#include "openrtb/json_index.h"

#include <simdjson.h>

#include <new>

#include "bidwell/openrtb/parse.h"

namespace bidwell::openrtb {

static_assert(Parser::kPadding >= simdjson::SIMDJSON_PADDING);

struct JsonIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
};

JsonIndex::JsonIndex(std::size_t text_bytes_max) : impl_(std::make_unique<Impl>()) {
  // The depth bounds stage 2 only, which is not run.
  const auto* kernel = static_cast<const simdjson::implementation*>(simdjson::get_active_implementation());
  if (kernel->create_dom_parser_implementation(text_bytes_max, 1, impl_->stage1)) throw std::bad_alloc();
}
JsonIndex::~JsonIndex() = default;
JsonIndex::JsonIndex(JsonIndex&&) noexcept = default;

bool JsonIndex::build(std::string_view text) {
  if (text.size() > impl_->stage1->capacity()) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  return impl_->stage1->stage1(bytes, text.size(), simdjson::stage1_mode::regular) == simdjson::SUCCESS;
}

std::span<const std::uint32_t> JsonIndex::positions() const noexcept {
  return {impl_->stage1->structural_indexes.get(), impl_->stage1->n_structural_indexes};
}

struct JsonUnescaper::Impl {
  simdjson::dom::parser parser;
};

JsonUnescaper::JsonUnescaper(std::size_t text_bytes_max) : impl_(std::make_unique<Impl>()) {
  if (impl_->parser.allocate(text_bytes_max)) throw std::bad_alloc();
}
JsonUnescaper::~JsonUnescaper() = default;
JsonUnescaper::JsonUnescaper(JsonUnescaper&&) noexcept = default;

std::optional<std::string_view> JsonUnescaper::decode(std::string_view token) {
  std::string_view text;
  if (impl_->parser.parse(token.data(), token.size(), false).get_string().get(text)) return std::nullopt;
  return text;
}

}  // namespace bidwell::openrtb
