// Reads HTTP/1.1 answers (RFC 9112) as they come over one connection, in whatever pieces: for the load client, where a
// microsecond spent here is one that is not spent sending.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bidwell::replay {

// Not thread-safe. One answer at a time; what has been read of it is remembered, not read again.
class AnswerReader {
 public:
  enum class State : std::uint8_t { more, whole, malformed };

  // Larger answers, head and chunk framing included, are malformed.
  explicit AnswerReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // `bytes`: all of this answer that has come, from its first byte on, perhaps with those of later ones behind; call
  // again with more. They may move between calls. `to_head`: it answers a HEAD request, so it has no body.
  State read(std::string_view bytes, bool to_head);
  // The other end has closed: whole, where the body is what came until then.
  State end(std::string_view bytes);

  // Of a whole answer.
  std::size_t size() const noexcept { return at_; }  // bytes it took
  unsigned status() const noexcept { return status_; }
  std::int64_t content_length() const noexcept { return content_length_; }  // -1: not said
  bool keeps_alive() const noexcept { return keeps_alive_; }
  // Into `bytes` as last given, or (chunked) into this.
  std::string_view body(std::string_view bytes) const noexcept;

  // Begins the next answer.
  void reset() noexcept;

 private:
  enum class Part : std::uint8_t { head, body, chunk_size, chunk, chunk_end, trailer, rest, whole };

  State read_head(std::string_view bytes, bool to_head);
  bool read_fields(std::string_view head);
  bool read_field(std::string_view name, std::string_view value);
  State read_body(std::string_view bytes);
  State read_chunks(std::string_view bytes);

  std::size_t bytes_max_;
  Part part_ = Part::head;
  std::size_t at_ = 0;        // what came before is done with
  std::size_t searched_ = 0;  // no end of the head or line begins between at_ and here
  std::size_t left_ = 0;      // of the body or chunk
  std::size_t body_at_ = 0;
  unsigned status_ = 0;
  std::int64_t content_length_ = -1;
  bool keeps_alive_ = true, chunked_ = false, coded_ = false;  // coded: a transfer coding that is not chunked
  std::string chunks_;
};

}  // namespace bidwell::replay
