// What a publisher blocks or asks to know of an ad: rules 11-16 and 24.
#include <fmt/format.h>

#include <algorithm>

#include "bidwell/core/text.h"
#include "openrtb/validate_rules.h"

namespace bidwell::openrtb::validation {
namespace {

using lenient::member;
using lenient::texts;

constexpr int kIabContentCategory10 = 1;

// "example.com": labels of letters, digits, hyphens, underscores or UTF-8, two at least, and
// nothing else.
bool is_bare_domain(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return false;
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '-' || c == '_' ||
           c == '.' || (c & 0x80) != 0;
  });
}

// Rule 11.
void check_crid(const Bid& bid, Findings& findings) {
  if (bid.string("crid").empty()) findings.add(11, bid.at("crid"), "crid is missing");
}

// Rule 12.
void check_adomain(const Bid& bid, Findings& findings) {
  const Json& domains = bid["adomain"];
  if (!domains.is_array() || domains.empty()) {
    return findings.add(12, bid.at("adomain"), "adomain is missing");
  }
  const auto blocked = texts(member(bid.request, "badv"));
  for (const Json& domain : domains) {
    if (!domain.is_string() || !is_bare_domain(domain.get_ref<const std::string&>())) {
      findings.add(12, bid.at("adomain"), fmt::format("{} is no bare domain", domain.dump()));
      continue;
    }
    const auto& name = domain.get_ref<const std::string&>();
    for (const std::string& entry : blocked) {
      if (!within_domain(name, trim(entry))) continue;
      findings.add(12, bid.at("adomain"), fmt::format("{} is blocked by badv {}", name, entry));
    }
  }
}

// In the IAB's first taxonomy "IAB25" stands for "IAB25-3" too.
bool covers(std::string_view entry, std::string_view category, int taxonomy) {
  if (ascii_iequal(entry, category)) return true;
  return taxonomy == kIabContentCategory10 && !entry.empty() && category.size() > entry.size() &&
         category[entry.size()] == '-' && ascii_iequal(entry, category.substr(0, entry.size()));
}

int request_taxonomy(const Json& request) {
  if (const auto at_top = lenient::integer(member(request, "cattax"))) return *at_top;
  return lenient::integer(member(member(request, "ext"), "cattax")).value_or(kIabContentCategory10);
}

// Rule 13, as far as both sides speak of the same taxonomy.
void check_categories(const Bid& bid, Findings& findings) {
  const int taxonomy = lenient::integer(bid["cattax"]).value_or(kIabContentCategory10);
  if (taxonomy != request_taxonomy(bid.request)) return;
  const auto categories = texts(bid["cat"]);
  const auto blocked = texts(member(bid.request, "bcat"));
  const auto allowed = texts(member(bid.request, "acat"));
  if (!allowed.empty() && categories.empty()) {
    findings.add(13, bid.at("cat"), "no category, where only some are allowed");
  }
  for (const std::string& category : categories) {
    const auto covered = [&](const std::string& entry) { return covers(entry, category, taxonomy); };
    if (std::ranges::any_of(blocked, covered)) {
      findings.add(13, bid.at("cat"), fmt::format("{} is in bcat", category));
    }
    if (!allowed.empty() && std::ranges::none_of(allowed, covered)) {
      findings.add(13, bid.at("cat"), fmt::format("{} is not in acat", category));
    }
  }
}

// Rule 14.
void check_attributes(const Bid& bid, Findings& findings) {
  const auto blocked = lenient::integers(member(bid.offered(), "battr"));
  for (const int attribute : lenient::integers(bid["attr"])) {
    if (std::ranges::find(blocked, attribute) == blocked.end()) continue;
    findings.add(14, bid.at("attr"), fmt::format("attribute {} is in battr", attribute));
  }
}

// Rule 15.
void check_bundle(const Bid& bid, Findings& findings) {
  const std::string bundle = lenient::text(bid["bundle"]);
  if (bundle.empty()) return;
  const auto blocked = texts(member(bid.request, "bapp"));
  if (std::ranges::find(blocked, bundle) != blocked.end()) {
    findings.add(15, bid.at("bundle"), fmt::format("{} is in bapp", bundle));
  }
}

std::string_view primary_subtag(std::string_view language) {
  return language.substr(0, language.find_first_of("-_"));
}

// Rule 16: "en" and "en-GB" are one language here.
void check_language(const Bid& bid, Findings& findings) {
  const auto allowed = texts(member(bid.request, "wlang"));
  const std::string_view language = bid.string("language");
  if (allowed.empty() || language.empty()) return;
  const auto same = [&](const std::string& entry) {
    return ascii_iequal(primary_subtag(trim(entry)), primary_subtag(language));
  };
  if (std::ranges::none_of(allowed, same)) {
    findings.add(16, bid.at("language"), fmt::format("{} is not in wlang", language));
  }
}

// Rule 24: who pays, for whom, and who shows it, where the request requires that (2 and 3).
void check_transparency(const Bid& bid, Findings& findings) {
  const Json& regs = member(bid.request, "regs");
  const Json& beside = member(regs, "dsa");
  const Json& asked = beside.is_object() ? beside : member(member(regs, "ext"), "dsa");
  const int required = lenient::integer(member(asked, "dsarequired")).value_or(0);
  if (required != 2 && required != 3) return;

  const std::string path = bid.at("ext.dsa");
  const Json& dsa = member(bid["ext"], "dsa");
  if (!dsa.is_object()) return findings.add(24, path, "the DSA object is required");
  for (const std::string_view key : {"behalf", "paid"}) {
    const Json& value = member(dsa, key);
    if (!value.is_string() || value == "") findings.add(24, path, fmt::format("{} is missing", key));
  }
  const int publisher = lenient::integer(member(asked, "pubrender")).value_or(0);
  const int advertiser = lenient::integer(member(dsa, "adrender")).value_or(0);
  if (publisher == 0 && advertiser != 1) findings.add(24, path, "nobody renders the information");
  if (publisher == 2 && advertiser != 0) findings.add(24, path, "both would render the information");
}

}  // namespace

void check_creative(const Bid& bid, Findings& findings) {
  check_crid(bid, findings);
  check_adomain(bid, findings);
  check_categories(bid, findings);
  check_attributes(bid, findings);
  check_bundle(bid, findings);
  check_language(bid, findings);
  check_transparency(bid, findings);
}

}  // namespace bidwell::openrtb::validation
