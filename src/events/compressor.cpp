#include "events/compressor.h"

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

namespace bidwell::events {
namespace {

// The fastest: the shipper's thread shares the cores with the bidder's.
constexpr int kZlibLevel = 1;
constexpr int kZstdLevel = 1;
constexpr std::size_t kRoom = 64 << 10;  // that the output grows by

class Plain final : public Compressor {
 public:
  void add(std::string_view bytes, std::string& out) override { out += bytes; }
  void finish(std::string&) override {}
};

class Gzip final : public Compressor {
 public:
  Gzip() {
    constexpr int kGzipHeader = 16, kWindowBits = 15, kMemory = 8;
    if (::deflateInit2(&stream_, kZlibLevel, Z_DEFLATED, kGzipHeader + kWindowBits, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK)
      throw std::runtime_error("gzip: cannot begin");
  }
  ~Gzip() override { ::deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  void add(std::string_view bytes, std::string& out) override { run(bytes, Z_NO_FLUSH, out); }
  void finish(std::string& out) override { run({}, Z_FINISH, out); }

 private:
  void run(std::string_view bytes, int flush, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kRoom;
      if (::deflate(&stream_, flush) == Z_STREAM_ERROR) throw std::runtime_error("gzip: cannot compress");
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class Zstd final : public Compressor {
 public:
  Zstd() : context_(::ZSTD_createCCtx(), ::ZSTD_freeCCtx) {
    if (!context_) throw std::runtime_error("zstd: cannot begin");
    check(::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel));
    check(::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
  }

  void add(std::string_view bytes, std::string& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) run(in, ZSTD_e_continue, out);
  }
  void finish(std::string& out) override {
    ZSTD_inBuffer in{nullptr, 0, 0};
    while (run(in, ZSTD_e_end, out) != 0) {
    }
  }

 private:
  std::size_t run(ZSTD_inBuffer& in, ZSTD_EndDirective directive, std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + kRoom);
    ZSTD_outBuffer room{out.data() + before, kRoom, 0};
    const std::size_t left = check(::ZSTD_compressStream2(context_.get(), &room, &in, directive));
    out.resize(before + room.pos);
    return left;
  }
  static std::size_t check(std::size_t result) {
    if (::ZSTD_isError(result) != 0) throw std::runtime_error(std::string("zstd: ") + ::ZSTD_getErrorName(result));
    return result;
  }

  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context_;
};

}  // namespace

std::unique_ptr<Compressor> make_compressor(Compression kind) {
  if (kind == Compression::gzip) return std::make_unique<Gzip>();
  if (kind == Compression::zstd) return std::make_unique<Zstd>();
  return std::make_unique<Plain>();
}

std::string_view file_ending(Compression kind) noexcept {
  if (kind == Compression::gzip) return ".gz";
  return kind == Compression::zstd ? ".zst" : "";
}

}  // namespace bidwell::events
