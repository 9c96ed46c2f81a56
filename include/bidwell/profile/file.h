// The local profile file as an origin: the embedded default, and a fast origin where every host has a copy. Its layout
// stands in src/profile/mapped_file.h and docs/PROFILES.md; `bidwell profiles import` writes it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/cache/origin.h"
#include "bidwell/core/counter.h"

namespace bidwell::profile {

struct alignas(64) FileCounters {
  Counter keys;      // looked up
  Counter found;     // of those
  Counter failures;  // calls that could not be answered: there is no file, or it was written to in place
};

// Looks up on a thread of its own, so that a page that must come from the disk stalls nobody else. Thread-safe.
class FileOrigin final : public cache::Origin {
 public:
  // What a file that is not there means: nothing can be asked; or, nobody is known (not where others share what this
  // finds: a host that has lost its file would tell them so).
  enum class Missing { unanswered, empty };

  // A file that is not there yet is taken as soon as it is. Throws
  // std::runtime_error when there is something else: no profile file, truncated, corrupt. More than `waiting_max` calls
  // that wait are answered with an empty list.
  explicit FileOrigin(std::string path, Missing missing = Missing::unanswered, std::size_t waiting_max = 1024);
  ~FileOrigin() override;  // calls that wait are answered with an empty list

  void load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) override;

  // A file that was replaced is taken by the next look-up, so that nobody who was erased from it comes back; this does
  // it without one, and says what has changed since the last call. A file with a fault changes nothing. Opening reads
  // the whole index, so not on a thread that is in a hurry. Thread-safe.
  enum class Reload { unchanged, taken, refused };
  Reload reload_if_changed(std::string& fault);

  std::size_t profiles() const;  // in the file in use
  std::size_t waiting() const;
  const FileCounters& counters() const noexcept;  // written by the look-up thread
  std::size_t refused() const noexcept;           // calls past waiting_max

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::profile
