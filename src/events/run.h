// A run: the folder of one process's journals, and the lock on it that ends with the process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "events/file_calls.h"

namespace bidwell::events {

class Run {
 public:
  // A new one, locked. `sync`: it is there after a loss of power. Throws std::runtime_error.
  static std::unique_ptr<Run> make(const std::string& directory, std::uint64_t random, bool sync);
  // One whose process has died; null while somebody holds its lock, or when it is gone. Throws std::system_error.
  static std::unique_ptr<Run> adopt(const std::string& directory, const std::string& name);
  // Those in a folder, by name: the oldest first. Throws std::system_error.
  static std::vector<std::string> list(const std::string& directory);
  // What a process left that died while it made its run.
  static void clear_unfinished(const std::string& directory) noexcept;

  // Gives up the lock.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const std::string& name() const noexcept { return name_; }
  const std::string& path() const noexcept { return path_; }

  // Of one that was made: the names in it outlive a loss of power. Takes no descriptor. Throws std::runtime_error.
  void sync() { folder_.sync(); }
  // The folder goes, where nothing is in it but the lock.
  void remove() noexcept;

 private:
  Run(std::string path, std::string name, int lock) : path_(std::move(path)), name_(std::move(name)), lock_(lock) {}

  const std::string path_, name_;
  const int lock_;
  File folder_;  // open where this process makes files in it
};

}  // namespace bidwell::events
