// Three stages: read(2), the decompressor if there is one, and a buffer for those who look ahead (peek, line).
#include "bidwell/replay/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "replay/decompress.h"

namespace bidwell::replay {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::size_t kPeekBytesMin = 24, kPeekBytesMax = 512;

// A window of bytes that were read and not yet taken.
struct Window {
  std::vector<char> bytes = std::vector<char>(kBufferBytes);
  std::size_t at = 0, end = 0;

  bool empty() const noexcept { return at == end; }
  std::string_view view() const noexcept { return {bytes.data() + at, end - at}; }
  std::size_t take(char* out, std::size_t size) noexcept {
    const std::size_t n = std::min(size, end - at);
    std::memcpy(out, bytes.data() + at, n);
    at += n;
    return n;
  }
};

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

bool is_zstd(std::string_view bytes) {
  // A frame, or a skippable one, with which parallel compressors begin.
  return bytes.starts_with("\x28\xb5\x2f\xfd") ||
         (bytes.size() >= 4 && (bytes[0] & 0xf0) == 0x50 && bytes.substr(1, 3) == "\x2a\x4d\x18");
}

}  // namespace

struct InputFile::Impl {
  std::string path;
  int fd = -1;
  bool own = false, regular = false;
  const std::atomic<bool>* stop = nullptr;
  std::uint64_t size = 0, taken = 0;
  bool begun = false, torn = false;

  Window raw, text;
  std::unique_ptr<Gzip> gzip;
  std::unique_ptr<Zstd> zstd;
  bool whole = false, ended = false;  // of the compressed stream
  std::string long_line;
  std::vector<char> stream_buffer;  // glibc takes a size only with a buffer

  explicit Impl(const std::string& where) : path(where) {
    own = path != "-";
    fd = own ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0) throw std::runtime_error("cannot open " + path + ": " + std::generic_category().message(errno));
    struct stat about {};
    if (::fstat(fd, &about) == 0) {
      regular = S_ISREG(about.st_mode);
      size = regular ? static_cast<std::uint64_t>(about.st_size) : 0;
      if (S_ISDIR(about.st_mode)) {
        close();
        throw std::runtime_error("cannot read " + path + ": it is a folder");
      }
    }
  }
  ~Impl() { close(); }
  Impl(const Impl&) = delete;

  void close() noexcept {
    if (own && fd >= 0) ::close(fd);
    fd = -1;
  }

  bool stopped() const noexcept { return stop != nullptr && stop->load(std::memory_order_relaxed); }

  bool wait() const noexcept {
    if (regular || stop == nullptr) return true;
    while (!stopped()) {
      pollfd about{.fd = fd, .events = POLLIN, .revents = 0};
      if (::poll(&about, 1, 100) > 0) return true;
    }
    return false;
  }

  std::size_t read_raw(char* out, std::size_t n) noexcept {
    while (wait()) {
      const ssize_t got = ::read(fd, out, n);
      if (got >= 0) {
        taken += static_cast<std::size_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno == EINTR && !stopped()) continue;
      torn = torn || errno != EINTR;
      break;
    }
    return 0;
  }

  bool fill_raw() noexcept {
    raw.at = 0;
    raw.end = read_raw(raw.bytes.data(), raw.bytes.size());
    return raw.end > 0;
  }

  // The form is told from the first four bytes; a pipe may give them one by one, and late: not in the constructor.
  void begin() {
    if (begun) return;
    begun = true;
    while (raw.end < 4) {
      const std::size_t got = read_raw(raw.bytes.data() + raw.end, raw.bytes.size() - raw.end);
      if (got == 0) break;
      raw.end += got;
    }
    if (is_gzip(raw.view())) gzip = std::make_unique<Gzip>();
    if (is_zstd(raw.view())) zstd = std::make_unique<Zstd>();
  }

  template <class Decompressor>
  std::size_t decompress(Decompressor& with, char* out, std::size_t n) {
    while (!ended) {
      if (raw.empty() && !fill_raw()) {
        // What the decompressor still holds comes before the end.
        const Step rest = whole ? Step{} : with.step({}, out, n);
        if (rest.made > 0) return whole = rest.whole, rest.made;
        ended = true;
        torn = torn || (!whole && !stopped());
        break;
      }
      const Step step = with.step(raw.view(), out, n);
      raw.at += step.taken;
      whole = step.whole;
      if (step.broken) torn = ended = true;
      if (step.made > 0) return step.made;
    }
    return 0;
  }

  std::size_t decode(char* out, std::size_t n) {
    if (gzip) return decompress(*gzip, out, n);
    if (zstd) return decompress(*zstd, out, n);
    return raw.empty() ? read_raw(out, n) : raw.take(out, n);
  }

  bool fill_text() {
    text.at = 0;
    text.end = decode(text.bytes.data(), text.bytes.size());
    return text.end > 0;
  }
};

InputFile::InputFile(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}

InputFile::~InputFile() = default;

void InputFile::stop_by(const std::atomic<bool>* stop) noexcept {
  impl_->stop = stop;
}

std::string_view InputFile::peek() {
  Impl& my = *impl_;
  my.begin();
  Window& text = my.text;
  if (text.at > 0) {
    std::memmove(text.bytes.data(), text.bytes.data() + text.at, text.end - text.at);
    text.end -= text.at, text.at = 0;
  }
  while (text.end < kPeekBytesMin) {
    const std::size_t got = my.decode(text.bytes.data() + text.end, text.bytes.size() - text.end);
    if (got == 0) break;
    text.end += got;
  }
  return text.view().substr(0, kPeekBytesMax);
}

std::size_t InputFile::read(char* out, std::size_t size) {
  impl_->begin();
  return impl_->text.empty() ? impl_->decode(out, size) : impl_->text.take(out, size);
}

bool InputFile::line(std::string_view& out, std::size_t max, bool& too_long) {
  Impl& my = *impl_;
  my.begin();
  too_long = false;
  my.long_line.clear();
  for (bool begun = false;; begun = true) {
    if (my.text.empty() && !my.fill_text()) {
      out = my.long_line;
      return begun;
    }
    const std::string_view here = my.text.view();
    const std::size_t end = here.find('\n');
    const std::string_view part = here.substr(0, end);
    my.text.at += std::min(here.size(), part.size() + 1);
    const bool last = end != std::string_view::npos;
    if (part.size() > max - my.long_line.size()) too_long = true;
    if (last && !begun) return out = part.substr(0, max), true;
    my.long_line.append(part.substr(0, max - my.long_line.size()));
    if (last) return out = my.long_line, true;
  }
}

std::FILE* InputFile::stream() {
  cookie_io_functions_t calls{};
  calls.read = [](void* cookie, char* out, std::size_t size) -> ssize_t {
    try {
      return static_cast<ssize_t>(static_cast<InputFile*>(cookie)->read(out, size));
    } catch (...) {  // no room for a decompressor; libpcap is C and must not see it
      return -1;
    }
  };
  std::FILE* file = ::fopencookie(this, "rb", calls);
  if (file == nullptr) throw std::bad_alloc();
  impl_->stream_buffer.resize(kBufferBytes);
  std::setvbuf(file, impl_->stream_buffer.data(), _IOFBF, kBufferBytes);
  __fsetlocking(file, FSETLOCKING_BYCALLER);  // one thread reads it
  return file;
}

bool InputFile::torn() const noexcept {
  return impl_->torn;
}

std::uint64_t InputFile::bytes_read() const noexcept {
  return impl_->taken;
}

std::uint64_t InputFile::bytes_of() const noexcept {
  return impl_->size;
}

}  // namespace bidwell::replay
