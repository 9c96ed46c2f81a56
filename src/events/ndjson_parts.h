// The files an NdjsonSink is writing: one for each hour, in the writer's own folder, until all of them are finished
// and handed over at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/compressor.h"
#include "events/file_calls.h"

namespace bidwell::events {

class Parts {
 public:
  // Files open at the same time, each with a compressor of up to a MiB. A part that is written to after a pause is
  // opened again and gets one more frame, so that any number of hours can be written in turn.
  static constexpr std::size_t kOpenMax = 8;
  // The part of what is set aside, in place of an hour.
  static constexpr std::int64_t kRejected = -1;

  // Files are made in `folder`, as `<prefix>-<number>.ndjson` and what compression adds.
  Parts(std::string folder, std::string prefix, Compression compression);

  // All that can fail throws std::runtime_error; drop() is the only thing to do then.
  void add(std::int64_t hour, std::string_view lines);
  // All parts are whole and on disk when it returns.
  void finish();
  // Where each is to stand, within the sink's directory; its last part is the name in the folder.
  std::vector<std::string> places() const;
  // They belong to somebody else now.
  void hand_over() noexcept { parts_.clear(); }
  // Removes them as far as it can; a name is never used again.
  void drop() noexcept;

  std::size_t size() const noexcept { return parts_.size(); }
  std::uint64_t largest() const noexcept { return largest_; }  // bytes before compression
  std::uint64_t file_bytes() const noexcept;

 private:
  struct Part {
    std::string name;
    File file;
    std::unique_ptr<Compressor> compressor;  // none: not open
    std::string buffer;
    std::uint64_t bytes = 0, file_bytes = 0;
    std::uint64_t last_used = 0;
  };
  Part& open(std::int64_t hour);
  void close_one();
  void close(Part& part);
  void flush(Part& part);
  std::string path(const Part& part) const { return folder_ + "/" + part.name; }

  const std::string folder_;
  const std::string called_;  // any part, in what is thrown: who tries again gets a new name and the same words
  const std::string prefix_;
  const Compression compression_;
  std::map<std::int64_t, Part> parts_;
  std::size_t open_ = 0;
  std::uint64_t number_ = 0, uses_ = 0, largest_ = 0;
};

}  // namespace bidwell::events
