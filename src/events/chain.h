// One journal as its readers see it: its segments in order, and how far each reader has come.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bidwell/events/journals.h"
#include "events/segment.h"

namespace bidwell::events {

// A damaged place of a journal.
struct Gap {
  std::uint64_t from = 0, to = 0;  // positions
  std::string path;                // of the segment it begins in
};

// What a reader works on while the journal changes. Holds on to the mappings.
struct ChainView {
  std::vector<SegmentPtr> segments;
  bool alive = false;
  std::uint64_t end = 0;  // of one that is not alive
};

// Appends the records from `from` on, as Journals::read, and the damaged places it passed.
std::uint64_t read_chain(const ChainView& view, std::uint64_t from, std::size_t bytes_max,
                         std::vector<Journals::Record>& out, std::vector<Gap>& gaps);

// Guarded by Journals::Impl::mutex_.
struct Chain {
  std::string name;
  const std::atomic<std::uint64_t>* appended = nullptr;  // position behind the last record, of one that is alive
  std::uint64_t end = 0;                                 // the same of one that is not
  std::deque<SegmentPtr> segments;                       // by number
  std::vector<std::uint64_t> released;                   // by reader
  std::uint64_t gaps_known = 0;                          // those before this position have been counted

  bool alive() const { return appended != nullptr; }
  std::uint64_t end_now() const { return alive() ? appended->load(std::memory_order_acquire) : end; }
  ChainView view(std::uint64_t from) const;
  // Takes out what all readers have released.
  std::vector<SegmentPtr> take_released();
};

// A dead run's journals, ready to be read; `room` and `salt` of a damaged header come from another segment of the run.
struct Adoption {
  std::vector<Chain> chains;     // without `released`
  std::vector<Gap> gaps;         // segments that are missing
  std::vector<std::string> log;  // what was cut, and what could not be read
  bool clean = true;             // nothing but these stands in the folder
};
// Cuts torn tails and removes segments without a record. Throws std::system_error.
Adoption adopt_segments(const std::string& run_name, const std::string& folder);

}  // namespace bidwell::events
