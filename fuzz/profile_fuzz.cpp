// Any bytes as a profile: refused, or read without touching a byte beyond them, and written again to the same reading.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/profile/contents.h"

namespace bidwell::fuzz {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(std::string_view bytes) {
  const std::optional<profile::Profile> read = profile::Profile::parse(bytes);
  if (!read) return;
  const profile::Contents contents = profile::testing::contents_of(*read);
  require(std::is_sorted(contents.segments.begin(), contents.segments.end()), "not sorted");
  require(read->segments() == contents.segments.size(), "a wrong count");
  require(contents == profile::testing::tidy(contents), "not tidy");
  for (const std::string& attribute : contents.attributes) {
    const std::size_t equals = attribute.find('=');
    require(read->attribute(attribute.substr(0, equals)) == attribute.substr(equals + 1), "not found");
  }
  const std::string again = profile::encode(contents);
  const std::optional<profile::Profile> reread = profile::Profile::parse(again);
  require(reread && profile::testing::contents_of(*reread) == contents, "not the same again");
  require(again.size() <= bytes.size(), "longer than it was");  // by unknown sections at most
}

}  // namespace
}  // namespace bidwell::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bidwell::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
