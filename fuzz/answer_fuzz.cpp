// Answers that a server may send, in any pieces: the pieces make no difference to what is read, and nothing read is
// out of bounds. The first byte says whether they answer HEAD requests, the second how they are cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replay/answer_reader.h"

namespace {

using bidwell::replay::AnswerReader;
using State = AnswerReader::State;

constexpr std::size_t kBytesMax = 1000;

// All that was read, as text, and how it ended.
std::string read_all(std::string_view bytes, bool to_head, std::uint8_t cut) {
  AnswerReader reader(kBytesMax);
  std::string told;
  std::size_t begin = 0, end = 0;
  std::uint32_t random = cut;
  std::unique_ptr<char[]> exact;  // so that a byte too far is seen
  std::string_view given;
  const auto tell = [&] {
    told += std::to_string(reader.status()) + ' ' + std::to_string(reader.content_length()) + ' ' +
            (reader.keeps_alive() ? "k " : "c ") + std::string(reader.body(given)) + '\n';
  };
  while (end < bytes.size()) {
    random = random * 1'664'525 + 1'013'904'223;
    end = cut == 0 ? bytes.size() : std::min(bytes.size(), end + 1 + (random >> 24) % cut);
    for (;;) {
      exact = std::make_unique<char[]>(end - begin);
      bytes.substr(begin, end - begin).copy(exact.get(), end - begin);
      given = {exact.get(), end - begin};
      const State state = reader.read(given, to_head);
      if (state == State::malformed) return told + "malformed";
      if (state == State::more) break;
      if (reader.size() == 0 || reader.size() > given.size() || reader.body(given).size() > kBytesMax) std::abort();
      tell();
      begin += reader.size();
      reader.reset();
      if (begin == end) break;
    }
  }
  if (begin == end) return told;
  if (reader.end(given) != State::whole) return told + "cut off";
  tell();
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool to_head = data[0] % 8 == 7;
  const std::string whole = read_all(bytes, to_head, 0);
  if (read_all(bytes, to_head, 1) != whole || read_all(bytes, to_head, data[1] | 2) != whole) std::abort();
  return 0;
}
