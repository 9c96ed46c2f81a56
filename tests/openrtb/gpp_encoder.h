// Writes GPP strings field by field, from the words of the IAB's specification: the counterpart of
// src/openrtb/gpp.cpp that shares nothing with it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bidwell::openrtb {

class GppBits {
 public:
  GppBits& integer(unsigned value, int width) {
    for (int bit = width - 1; bit >= 0; --bit) bits_ += (value >> bit & 1) != 0 ? '1' : '0';
    return *this;
  }

  // The sum of Fibonacci numbers that are not neighbours (Zeckendorf), smallest first, and a one.
  GppBits& fibonacci(unsigned value) {
    std::vector<unsigned> numbers = {1, 2};
    while (numbers.back() < value) numbers.push_back(numbers[numbers.size() - 1] + numbers[numbers.size() - 2]);
    std::string code;
    for (std::size_t i = numbers.size(); i-- > 0;) {
      const bool taken = numbers[i] <= value;
      if (taken) value -= numbers[i];
      if (taken || !code.empty()) code.insert(code.begin(), taken ? '1' : '0');
    }
    bits_ += code + "1";
    return *this;
  }

  // Base64url of whole bytes, filled up with zeros.
  std::string text() const {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string filled = bits_, text;
    while (filled.size() % 8 != 0) filled += '0';
    while (filled.size() % 6 != 0) filled += '0';
    for (std::size_t at = 0; at < filled.size(); at += 6) {
      text += kAlphabet[static_cast<std::size_t>(std::stoi(filled.substr(at, 6), nullptr, 2))];
    }
    return text;
  }

 private:
  std::string bits_;
};

// Ids from first to last, by which a header names its sections.
using GppRange = std::pair<unsigned, unsigned>;

inline std::string gpp_header(const std::vector<GppRange>& ranges) {
  GppBits bits;
  bits.integer(3, 6).integer(1, 6).integer(static_cast<unsigned>(ranges.size()), 12);
  unsigned before = 0;
  for (const auto& [first, last] : ranges) {
    bits.integer(first != last, 1).fibonacci(first - before);
    if (first != last) bits.fibonacci(last - first);
    before = last;
  }
  return bits.text();
}

// A whole string: the sections by their ids.
inline std::string gpp_string(const std::map<unsigned, std::string>& sections) {
  std::vector<GppRange> ranges;
  std::string rest;
  for (const auto& [id, text] : sections) {
    ranges.emplace_back(id, id);
    rest += "~" + text;
  }
  return gpp_header(ranges) + rest;
}

// The fields of a US section's core, in their order; the opt-outs by name.
inline const std::vector<std::pair<std::string_view, int>>& us_fields(unsigned id) {
  using Fields = std::vector<std::pair<std::string_view, int>>;
  static const std::map<unsigned, Fields> kFields = {
      {7, Fields{{"Version", 6},
                 {"SharingNotice", 2},
                 {"SaleOptOutNotice", 2},
                 {"SharingOptOutNotice", 2},
                 {"TargetedAdvertisingOptOutNotice", 2},
                 {"SensitiveDataProcessingOptOutNotice", 2},
                 {"SensitiveDataLimitUseNotice", 2},
                 {"SaleOptOut", 2},
                 {"SharingOptOut", 2},
                 {"TargetedAdvertisingOptOut", 2},
                 {"SensitiveDataProcessing", 24},
                 {"KnownChildSensitiveDataConsents", 4},
                 {"PersonalDataConsents", 2},
                 {"Mspa", 6}}},
      {8, Fields{{"Version", 6},
                 {"SaleOptOutNotice", 2},
                 {"SharingOptOutNotice", 2},
                 {"SensitiveDataLimitUseNotice", 2},
                 {"SaleOptOut", 2},
                 {"SharingOptOut", 2},
                 {"SensitiveDataProcessing", 18},
                 {"KnownChildSensitiveDataConsents", 4},
                 {"PersonalDataConsents", 2},
                 {"Mspa", 6}}},
      {9, Fields{{"Version", 6},
                 {"SharingNotice", 2},
                 {"SaleOptOutNotice", 2},
                 {"TargetedAdvertisingOptOutNotice", 2},
                 {"SaleOptOut", 2},
                 {"TargetedAdvertisingOptOut", 2},
                 {"SensitiveDataProcessing", 16},
                 {"KnownChildSensitiveDataConsents", 2},
                 {"Mspa", 6}}},
      {10, Fields{{"Version", 6},
                  {"SharingNotice", 2},
                  {"SaleOptOutNotice", 2},
                  {"TargetedAdvertisingOptOutNotice", 2},
                  {"SaleOptOut", 2},
                  {"TargetedAdvertisingOptOut", 2},
                  {"SensitiveDataProcessing", 14},
                  {"KnownChildSensitiveDataConsents", 2},
                  {"Mspa", 6}}},
      {11, Fields{{"Version", 6},
                  {"SharingNotice", 2},
                  {"SaleOptOutNotice", 2},
                  {"TargetedAdvertisingOptOutNotice", 2},
                  {"SensitiveDataProcessingOptOutNotice", 2},
                  {"SaleOptOut", 2},
                  {"TargetedAdvertisingOptOut", 2},
                  {"SensitiveDataProcessing", 16},
                  {"KnownChildSensitiveDataConsents", 2},
                  {"Mspa", 6}}},
      {12, Fields{{"Version", 6},
                  {"SharingNotice", 2},
                  {"SaleOptOutNotice", 2},
                  {"TargetedAdvertisingOptOutNotice", 2},
                  {"SaleOptOut", 2},
                  {"TargetedAdvertisingOptOut", 2},
                  {"SensitiveDataProcessing", 16},
                  {"KnownChildSensitiveDataConsents", 6},
                  {"Mspa", 6}}},
  };
  return kFields.at(id);
}

// `values` by field; every other field (but the version, 1) is `otherwise`.
inline std::string us_section(unsigned id, const std::map<std::string_view, unsigned>& values, unsigned otherwise) {
  GppBits bits;
  for (const auto& [name, width] : us_fields(id)) {
    const auto at = values.find(name);
    if (name == "Version") {
      bits.integer(1, width);
    } else if (at != values.end()) {
      bits.integer(at->second, width);
    } else {
      for (int i = 0; i < width; i += 2) bits.integer(otherwise, 2);
    }
  }
  return bits.text();
}

inline std::string gpc_subsection(bool gpc) {
  return "." + GppBits().integer(1, 2).integer(gpc, 1).text();
}

}  // namespace bidwell::openrtb
