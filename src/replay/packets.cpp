// Captures in files: libpcap reads the classic format, Pcapng the other one.
#include "bidwell/replay/packets.h"

#include <pcap/pcap.h>

#include <map>
#include <stdexcept>

#include "bidwell/replay/input_file.h"
#include "replay/pcap_source.h"
#include "replay/pcapng.h"
#include "replay/sources.h"

namespace bidwell::replay {
namespace {

constexpr std::string_view kInterface = "iface:";

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using Stream = std::unique_ptr<std::FILE, CloseFile>;

std::runtime_error no_capture(const std::string& name, std::string_view why) {
  return std::runtime_error(name + " is no capture (pcap or pcapng) that can be read: " + std::string(why));
}

class FileSource : public PcapSource {
 public:
  const Losses& losses() override { return losses_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_of() const override { return file_->bytes_of(); }

 protected:
  FileSource(std::unique_ptr<InputFile> file, const PacketOptions& options)
      : PcapSource(options.stop), file_(std::move(file)) {}

  // There are no more packets; `why` says what is wrong, if anything is.
  Next end_of_file(std::string why) {
    if (stopped()) return end("");
    if (why.empty() && file_->torn()) why = "the compressed file breaks off or is damaged";
    if (!why.empty()) losses_.add(Loss::file_cut_off);
    return end(std::move(why));
  }

  std::unique_ptr<InputFile> file_;
};

class PcapFile final : public FileSource {
 public:
  PcapFile(std::unique_ptr<InputFile> file, const std::string& name, const PacketOptions& options)
      : FileSource(std::move(file), options) {
    Stream stream(file_->stream());
    char why[PCAP_ERRBUF_SIZE] = "";
    PcapHandle handle(pcap_fopen_offline_with_tstamp_precision(stream.get(), PCAP_TSTAMP_PRECISION_NANO, why));
    if (!handle) throw no_capture(name, why);
    (void)stream.release();  // the handle closes it
    link_ = pcap_datalink(handle.get());
    set_filter(handle.get(), name, options.filter);
    handle_ = std::move(handle);
  }
  ~PcapFile() override { handle_.reset(); }  // before the file, which it reads

  Next next(Packet& out) override {
    if (ended_ || stopped()) return Next::end;
    const int result = read(out);
    if (result == 1) return Next::one;
    return end_of_file(result == PCAP_ERROR ? pcap_geterr(handle_.get()) : "");
  }
};

class PcapngFile final : public FileSource {
 public:
  PcapngFile(std::unique_ptr<InputFile> file, const std::string& name, const PacketOptions& options)
      : FileSource(std::move(file), options),
        name_(name),
        filter_(options.filter),
        stream_(file_->stream()),
        reader_(stream_.get()) {
    if (reader_.first_link() < 0 && !reader_.fault().empty()) throw no_capture(name, reader_.fault());
    // Says now what is wrong with it.
    if (!filter_.empty() && reader_.first_link() >= 0) LinkFilter(reader_.first_link(), name_, filter_);
  }

  Next next(Packet& out) override {
    while (!ended_ && !stopped()) {
      if (!reader_.next(out)) return end_of_file(std::string(reader_.fault()));
      try {
        if (!filter_.empty() && !passes(out)) continue;
      } catch (const std::runtime_error& error) {  // a link type for which it does not compile
        return end_of_file(error.what());
      }
      ++packets_;
      return Next::one;
    }
    return Next::end;
  }

 private:
  bool passes(const Packet& packet) {
    auto& filter = filters_[packet.link];
    if (!filter) filter = std::make_unique<LinkFilter>(packet.link, name_, filter_);
    return filter->passes(packet);
  }

  const std::string name_, filter_;
  std::map<int, std::unique_ptr<LinkFilter>> filters_;  // what a filter compiles to depends on the link type
  Stream stream_;
  Pcapng reader_;
};

}  // namespace

std::unique_ptr<PacketSource> packets_of(std::unique_ptr<InputFile> file, const std::string& name,
                                         const PacketOptions& options) {
  file->stop_by(options.stop);
  if (Pcapng::is(file->peek())) return std::make_unique<PcapngFile>(std::move(file), name, options);
  return std::make_unique<PcapFile>(std::move(file), name, options);
}

std::unique_ptr<PacketSource> open_packets(const std::string& where, const PacketOptions& options) {
  if (where.starts_with(kInterface)) return packets_of_interface(where.substr(kInterface.size()), options);
  return packets_of(std::make_unique<InputFile>(where), where, options);
}

}  // namespace bidwell::replay
