// Chooses what reads a file of requests, by its first bytes.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>

#include "bidwell/core/text.h"
#include "replay/sources.h"

namespace bidwell::replay {
namespace {

// pcap in both byte orders with micro- and nanoseconds, and as A. Kuznetzov's patch wrote it; pcapng.
bool is_capture(std::string_view head) {
  static constexpr std::array<std::uint32_t, 7> kMagics = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1,
                                                           0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a};
  std::uint32_t magic = 0;
  if (head.size() < sizeof magic) return false;
  std::memcpy(&magic, head.data(), sizeof magic);
  return std::find(kMagics.begin(), kMagics.end(), magic) != kMagics.end();
}

// "1 932079936fa4306fc308d67588178d17d823647c 1439818823587396305 200"
bool is_goreplay(std::string_view head) {
  std::string_view line = head.substr(0, head.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() < 2 || line[0] < '1' || line[0] > '3' || line[1] != ' ') return false;
  line.remove_prefix(2);
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  const auto hex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  if (!std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(blank), hex)) return false;
  const std::string_view times = line.substr(blank + 1);
  return !times.empty() && times.find_first_not_of("0123456789 -") == std::string_view::npos;
}

bool is_raw_http(std::string_view head) {
  return head.substr(0, head.find('\n')).find("HTTP/1.") != std::string_view::npos;
}

// Any line that begins like an object: the first one may be damaged.
bool is_lines(std::string_view head) {
  if (is_raw_http(head)) return false;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    if (trim(head.substr(0, end)).starts_with('{')) return true;
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return false;
}

bool is_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

// What people hand over by mistake, in words, with what to do.
std::string looks_like(std::string_view head) {
  if (head.empty()) return "it is empty";
  if (head.starts_with("PK\x03\x04")) return "it looks like a zip archive: unpack it";
  if (head.starts_with("BZh")) return "it looks like bzip2: unpack it (bzcat FILE | ... -)";
  if (head.starts_with("\xfd"
                       "7zXZ"))
    return "it looks like xz: unpack it (xzcat FILE | ... -)";
  if (head.starts_with("\x7f"
                       "ELF"))
    return "it looks like a program";
  if (head.size() > 262 && head.substr(257, 5) == "ustar") return "it looks like a tar archive: unpack it";
  if (head.starts_with("snoop")) return "it looks like a snoop capture: editcap makes a pcap of it";
  const std::string_view text = trim(head);
  if (text.empty()) return "it is blank";
  if (text.starts_with('[')) return "it looks like an array of JSON: one request a line is wanted (jq -c '.[]' FILE)";
  if (is_raw_http(head)) return "it looks like HTTP as such, which has no bounds: extract it from a capture";
  if (is_text(head)) return "it looks like text that begins \"" + std::string(text.substr(0, 40)) + "\"";
  return "it looks like binary data of a kind that is not known here";
}

}  // namespace

std::unique_ptr<RequestSource> open_requests(const std::string& where, const SourceOptions& options) {
  if (where.starts_with("iface:")) return requests_of_capture(open_packets(where, options.packets), options);
  auto file = std::make_unique<InputFile>(where);
  file->stop_by(options.packets.stop);
  const std::string_view head = file->peek();
  if (is_capture(head)) return requests_of_capture(packets_of(std::move(file), where, options.packets), options);
  if (is_goreplay(head)) return requests_of_goreplay(std::move(file), options);
  if (is_lines(head)) return requests_of_lines(std::move(file), options);
  throw std::runtime_error(where + ": " + looks_like(head) +
                           ". Accepted are captures (pcap, pcapng), bid requests one a line (NDJSON) and goreplay's "
                           "files, each plain, .gz or .zst");
}

}  // namespace bidwell::replay
