// A tracker is known by its path, so the markup need not be understood: URLs are found wherever they stand, after what
// its kind escapes was put back (JSON strings in a native answer, entities in HTML and XML).
#include "market/markup.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bidwell::market {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kEnds = " \t\r\n\"'<>]\\`";

std::string without_entities(std::string_view text) {
  std::string out;
  for (std::size_t at; (at = text.find("&amp;")) != std::string_view::npos; text.remove_prefix(at + 5)) {
    out += text.substr(0, at + 1);
  }
  return out += text;
}

void add(std::vector<std::string>& list, std::string path) {
  if (std::ranges::find(list, path) == list.end()) list.push_back(std::move(path));
}

void scan(std::string_view text, Trackers& trackers) {
  for (std::size_t at = 0; (at = text.find("http", at)) != std::string_view::npos;) {
    const std::string_view url = text.substr(at, text.find_first_of(kEnds, at) - at);
    const std::string path = path_of(url);
    if (path.empty()) {
      at += 4;
      continue;
    }
    at += url.size();
    if (path.starts_with("/imp/")) add(trackers.impressions, without_entities(path));
    if (path.starts_with("/click/")) add(trackers.clicks, without_entities(path));
  }
}

void scan_strings(const Json& value, Trackers& trackers) {
  if (value.is_string()) return scan(value.get_ref<const std::string&>(), trackers);
  if (!value.is_structured()) return;
  for (const Json& element : value) scan_strings(element, trackers);
}

}  // namespace

std::string path_of(std::string_view url) {
  std::size_t host = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme)) host = scheme.size();
  }
  if (host == 0) return {};
  const std::size_t path = url.find_first_of("/?#", host);
  if (path == host) return {};
  if (path == std::string_view::npos) return "/";
  const std::string_view rest = url.substr(path, url.find('#', path) - path);
  return rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
}

Trackers find_trackers(std::string_view markup) {
  Trackers trackers;
  const std::size_t first = markup.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && markup[first] == '{') {
    const Json native = Json::parse(markup, nullptr, false);
    if (!native.is_discarded()) {
      scan_strings(native, trackers);
      return trackers;
    }
  }
  scan(markup, trackers);
  return trackers;
}

}  // namespace bidwell::market
