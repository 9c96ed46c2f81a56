// A file of checked records, the first of which is a snapshot that the others follow. It survives a SIGKILL at any
// moment: a record is there as a whole, or cut off at the next start.
//
//   "bidwell ledger 1\n", then for each record: its size, a hash of that, a hash of its bytes (8 bytes each; both
//   hashes also of where it stands), its bytes
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bidwell::budget {

// A file descriptor that is closed.
class OwnFd {
 public:
  explicit OwnFd(int fd = -1) noexcept : fd_(fd) {}
  OwnFd(OwnFd&& other) noexcept;
  OwnFd& operator=(OwnFd&& other) noexcept;
  ~OwnFd();
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// Held by one process at a time, for as long as it lives; `path` and its folder are made and stay. Throws LedgerAway
// with the process id of whoever has it.
OwnFd lock_file(const std::string& path, const std::string& what);

// Throws std::runtime_error, with the path and what to do, where not said otherwise. Not thread-safe.
class LedgerFile {
 public:
  using Each = std::function<void(std::string_view record)>;

  // Reads what is there; `each` gets the records in order. Makes the file of `first` where there is none and it may
  // write.
  LedgerFile(std::string path, bool read_only, const std::string& first, const Each& each);

  // One write. Throws LedgerAway, and then nothing was appended.
  void append(std::string_view record);

  // Whether what follows the snapshot is longer than it and than 1 MiB.
  bool is_long() const noexcept { return end_ > replace_at_; }
  // A new file with `first` alone in place of this one. Where it throws the old one goes on, and is_long() only when it
  // has grown by another MiB.
  void replace(std::string_view first);

 private:
  void read(const Each& each);
  void put_in_place(std::string_view first);

  const std::string path_;
  OwnFd fd_;
  std::uint64_t end_ = 0;  // of the last whole record
  bool torn_ = false;      // there may be something behind it
  std::uint64_t replace_at_ = 0;
};

}  // namespace bidwell::budget
