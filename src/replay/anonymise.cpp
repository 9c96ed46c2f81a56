// Goes through requests and their answers with the lists of person_fields.h.
#include "bidwell/replay/anonymise.h"

#include <sodium.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "bidwell/core/text.h"
#include "bidwell/replay/json_edit.h"
#include "replay/json_text.h"
#include "replay/person_fields.h"
#include "replay/pseudonym.h"

namespace bidwell::replay {
namespace {

std::string treated(const Pseudonyms& pseudonyms, Treatment treatment, std::string_view text) {
  switch (treatment) {
    case Treatment::keep: break;
    case Treatment::identifier: return pseudonyms.identifier(text);
    case Treatment::words: return pseudonyms.words(text);
    case Treatment::address: return pseudonyms.addresses(text);
    case Treatment::url: return pseudonyms.url(text);
    case Treatment::consent: return pseudonyms.consent(text);
    case Treatment::degrees: return rounded_degrees(text);
    case Treatment::year: return decade(text);
    case Treatment::postcode: return coarse_postcode(text);
    case Treatment::empty: return {};
  }
  return std::string(text);
}

using TreatmentOf = Treatment (*)(const JsonScalar&);

// Identifiers that a request has under the keys that are known: copies of them under other keys (extensions, targeting,
// macros) are replaced, too.
class Copies {
 public:
  void note(Treatment treatment, const std::string& text) {
    const bool telling = text.size() >= kBytesMin && text.find_first_not_of("0-") != std::string::npos;
    const bool identifies = treatment == Treatment::identifier || treatment == Treatment::address;
    if (telling && identifies && found_.size() < kMost) found_.emplace_back(text, treatment);
  }
  Treatment of(const std::string& text) const {
    for (const auto& [known, treatment] : found_) {
      if (known == text) return treatment;
    }
    return Treatment::keep;
  }

 private:
  static constexpr std::size_t kBytesMin = 9;  // shorter ones may be anything
  static constexpr std::size_t kMost = 256;
  std::vector<std::pair<std::string, Treatment>> found_;
};

// Looks only.
class Finder final : public JsonEditor {
 public:
  Finder(TreatmentOf treatment_of, Copies& copies) : treatment_of_(treatment_of), copies_(copies) {}

  std::optional<std::string> edit(const JsonScalar& scalar) override {
    if (scalar.kind != JsonKind::string) return std::nullopt;
    const Treatment treatment = treatment_of_(scalar);
    if (treatment != Treatment::keep) copies_.note(treatment, text_of_json(scalar.text));
    return std::nullopt;
  }

 private:
  const TreatmentOf treatment_of_;
  Copies& copies_;
};

class Editor final : public JsonEditor {
 public:
  Editor(const Pseudonyms& pseudonyms, TreatmentOf treatment_of, const Copies& copies)
      : pseudonyms_(pseudonyms), treatment_of_(treatment_of), copies_(copies) {}

  std::optional<std::string> edit(const JsonScalar& scalar) override {
    Treatment treatment = treatment_of_(scalar);
    if (scalar.kind == JsonKind::number) return number(treatment, scalar.text);
    if (scalar.kind != JsonKind::string) return std::nullopt;
    const std::string text = text_of_json(scalar.text);
    if (treatment == Treatment::keep) treatment = copies_.of(text);
    const std::string replaced = treated(pseudonyms_, treatment, text);
    if (replaced == text) return std::nullopt;
    return json_of_text(replaced);
  }

 private:
  std::optional<std::string> number(Treatment treatment, std::string_view text) const {
    if (treatment == Treatment::keep) return std::nullopt;
    if (treatment == Treatment::degrees) return rounded_degrees(text);
    if (treatment == Treatment::year) return decade(text);
    return pseudonyms_.number(text);
  }

  const Pseudonyms& pseudonyms_;
  const TreatmentOf treatment_of_;
  const Copies& copies_;
};

// Emptied where it is no JSON.
bool anonymise_body(const Pseudonyms& pseudonyms, TreatmentOf treatment_of, Copies& copies, std::string& body) {
  if (trim(body).empty()) return true;
  Finder finder(treatment_of, copies);
  Editor editor(pseudonyms, treatment_of, copies);
  std::string out;
  const bool readable = edit_json(body, finder, nullptr) && edit_json(body, editor, &out);
  if (!readable) out.clear();
  body = std::move(out);
  return readable;
}

void anonymise_headers(const Pseudonyms& pseudonyms, std::vector<Header>& headers) {
  for (Header& header : headers) {
    header.value = treated(pseudonyms, treatment_of_header(header.name), header.value);
  }
}

std::string random_key() {
  std::string key(crypto_auth_hmacsha256_KEYBYTES, '\0');
  randombytes_buf(key.data(), key.size());
  return key;
}

}  // namespace

Anonymiser::Anonymiser(const AnonymiseOptions& options) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used");
  key_ = options.secret.empty() ? random_key() : options.secret;
}

bool Anonymiser::anonymise(CapturedRequest& request) const {
  const Pseudonyms pseudonyms(key_);
  request.target = pseudonyms.url(request.target);
  anonymise_headers(pseudonyms, request.headers);
  Copies copies;
  bool readable = anonymise_body(pseudonyms, treatment_in_request, copies, request.body);
  if (request.answer) {
    anonymise_headers(pseudonyms, request.answer->headers);
    readable &= anonymise_body(pseudonyms, treatment_in_answer, copies, request.answer->body);
  }
  return readable;
}

}  // namespace bidwell::replay
