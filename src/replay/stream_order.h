// One direction of a TCP connection: which of its bytes came, which are due, and which wait behind a gap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bidwell::replay {

// Positions are sequence numbers made 64 bits wide, so that they do not wrap. Not thread-safe.
class StreamOrder {
 public:
  class Sink {
   public:
    virtual void data(std::string_view bytes, std::int64_t at_ns) = 0;
    // 0: nobody knows what was before this, as no SYN was seen.
    virtual void gap(std::uint64_t bytes, std::int64_t at_ns) = 0;

   protected:
    ~Sink() = default;
  };

  bool known() const noexcept { return known_; }      // whether any position is
  bool started() const noexcept { return started_; }  // else its first segments wait for what may come before them
  bool closed() const noexcept { return started_ && fin_ && next_ >= *fin_; }
  // Something waits: behind a gap, or for the start.
  bool waits() const noexcept { return !waiting_.empty() || (fin_ && (!started_ || next_ < *fin_)); }
  std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
  // Where the gap ends, or the start seems to be; while it waits.
  std::int64_t gap_end() const noexcept { return waiting_.empty() ? *fin_ : waiting_.begin()->first; }
  // Bytes that came when what is behind them had been given out.
  std::uint64_t late_bytes() const noexcept { return late_bytes_; }

  std::int64_t widen(std::uint32_t seq) const noexcept {
    return next_ + static_cast<std::int32_t>(seq - static_cast<std::uint32_t>(next_));
  }
  // What widen() goes by.
  std::int64_t widen_from() const noexcept { return next_; }
  // How many of these were never given out.
  std::uint64_t unseen_bytes(std::uint32_t seq, std::size_t size) const noexcept;
  // The SYN was seen: the first byte is the one behind it, unless some were given out already.
  void open(std::uint32_t seq, Sink& sink);
  // Whether a SYN with this number may be this connection's.
  bool opened_by(std::uint32_t seq) const noexcept;
  // The first segment of a connection without a SYN.
  void begin_near(std::uint32_t seq);
  void fin_at(std::int64_t position) noexcept;

  // Gives out what is due and keeps the rest. `missing` bytes behind `bytes` will not come.
  void take(std::int64_t position, std::string_view bytes, std::uint32_t missing, std::int64_t at_ns, Sink& sink);
  // The gap before what waits will not be filled (or: the start is where it seems to be). Returns its length.
  std::uint64_t give_up(std::int64_t now, Sink& sink);

 private:
  struct Chunk {
    std::string bytes;
    std::uint64_t missing;  // in place of bytes
    std::int64_t at_ns;
    std::int64_t size() const noexcept { return static_cast<std::int64_t>(bytes.size() + missing); }
  };

  void keep(std::int64_t position, std::string_view bytes, std::uint64_t missing, std::int64_t at_ns);
  void keep_piece(std::int64_t position, std::int64_t end, std::string_view bytes, std::int64_t at_ns);
  void give_due(Sink& sink);

  std::int64_t next_ = 0;   // of the first byte not given out
  std::int64_t first_ = 0;  // of the first one that was
  bool known_ = false, started_ = false, saw_syn_ = false;
  std::optional<std::int64_t> fin_;
  std::map<std::int64_t, Chunk> waiting_;  // by position; they do not overlap
  std::size_t waiting_bytes_ = 0;
  std::uint64_t late_bytes_ = 0;
};

}  // namespace bidwell::replay
