// Any bytes as a history: not known, or counted without touching a byte beyond them, as a plain loop over its records
// counts.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "bidwell/profile/history.h"

namespace bidwell::fuzz {
namespace {

using profile::History;
using profile::Show;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(std::string_view bytes) {
  const History history = History::of(bytes);
  const bool whole =
      bytes.size() % profile::kShowBytes == 0 && bytes.size() / profile::kShowBytes <= profile::kShowsMax;
  require(history.known() == whole, "known");
  if (!whole) return;
  for (std::size_t at = 0; at < bytes.size(); at += profile::kShowBytes) {
    const Show about = profile::decode_show(bytes.data() + at);
    char again[profile::kShowBytes];
    profile::encode(about, again);
    require(bytes.substr(at, profile::kShowBytes) == std::string_view(again, sizeof again), "not the same again");
    unsigned expected = 0;
    for (std::size_t other = 0; other < bytes.size(); other += profile::kShowBytes) {
      const Show show = profile::decode_show(bytes.data() + other);
      if (show.creative == about.creative && show.kind == about.kind && show.at >= about.at) ++expected;
    }
    require(history.times(History::Subject::creative, about.creative, about.kind, about.at) == expected, "counted");
    require(history.times(History::Subject::creative, about.creative, about.kind,
                          std::numeric_limits<std::int64_t>::min()) >= expected,
            "less of a longer time");
  }
}

}  // namespace
}  // namespace bidwell::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bidwell::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
