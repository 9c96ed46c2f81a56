// Reads VAST by way of Boost.PropertyTree: see the header.
#include "openrtb/vast.h"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <charconv>
#include <sstream>

#include "bidwell/core/text.h"

namespace bidwell::openrtb::validation {
namespace {

using Tree = boost::property_tree::ptree;

bool is_namespace(std::string_view attribute) {
  return attribute.starts_with("xmlns") || attribute.starts_with("xsi:") || attribute.starts_with("xml:");
}

void collect(const std::string& name, const Tree& element, Vast& vast) {
  const std::string text(trim(element.data()));
  if (name == "Duration") vast.durations.push_back(text);
  if (name == "Wrapper") vast.wrapper = true;
  if (name == "MediaFile") {
    vast.media_files.push_back(
        {element.get("<xmlattr>.type", std::string()), element.get("<xmlattr>.apiFramework", std::string())});
  }
  if (!text.empty() && !name.ends_with("ClickThrough")) vast.fetched.push_back(text);
  for (const auto& [child_name, child] : element) {
    if (child_name == "<xmlattr>") {
      for (const auto& [attribute, value] : child) {
        if (!is_namespace(attribute)) vast.fetched.push_back(value.data());
      }
    } else if (child_name != "<xmlcomment>") {
      collect(child_name, child, vast);
    }
  }
}

// Two digits at the front of `text`, which loses them.
std::optional<int> take_two_digits(std::string_view& text) {
  int value = 0;
  if (text.size() < 2) return std::nullopt;
  const auto [after, error] = std::from_chars(text.data(), text.data() + 2, value);
  if (error != std::errc() || after != text.data() + 2 || value < 0) return std::nullopt;
  text.remove_prefix(2);
  return value;
}

}  // namespace

std::optional<Vast> read_vast(std::string_view markup) {
  Tree document;
  try {
    std::istringstream in{std::string(trim(markup))};
    boost::property_tree::read_xml(in, document);
  } catch (const boost::property_tree::xml_parser_error&) {
    return std::nullopt;
  }
  for (const auto& [name, root] : document) {
    if (name != "VAST" && name != "DAAST") continue;
    Vast vast;
    vast.daast = name == "DAAST";
    vast.version = root.get("<xmlattr>.version", std::string());
    collect(name, root, vast);
    return vast;
  }
  return std::nullopt;
}

std::optional<double> parse_duration(std::string_view text) {
  const auto hours = take_two_digits(text);
  if (!hours || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto minutes = take_two_digits(text);
  if (!minutes || *minutes > 59 || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const auto seconds = take_two_digits(text);
  if (!seconds || *seconds > 59) return std::nullopt;
  double fraction = 0;
  if (!text.empty()) {
    if (text.size() < 2 || text.front() != '.') return std::nullopt;
    if (text.find_first_not_of("0123456789", 1) != std::string_view::npos) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), fraction);
  }
  return *hours * 3600 + *minutes * 60 + *seconds + fraction;
}

std::vector<int> protocols_of(const Vast& vast) {
  struct Row {
    bool daast;
    std::string_view version;
    int in_line, wrapper;
  };
  static constexpr Row kRows[] = {{false, "1", 1, 4},     {false, "2", 2, 5},     {false, "3", 3, 6},
                                  {false, "4.0", 7, 8},   {false, "4.1", 11, 12}, {false, "4.2", 13, 14},
                                  {false, "4.3", 15, 16}, {true, "1", 9, 10}};
  for (const Row& row : kRows) {
    if (row.daast != vast.daast || !std::string_view(vast.version).starts_with(row.version)) continue;
    if (vast.wrapper) return {row.wrapper, row.in_line};
    return {row.in_line};
  }
  return {};
}

}  // namespace bidwell::openrtb::validation
