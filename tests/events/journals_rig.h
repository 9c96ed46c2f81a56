// Journals in a temporary folder, with small segments; records whose bytes can be told from their number.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bidwell/events/journals.h"
#include "events/segment.h"

namespace bidwell::events::testing {

inline constexpr std::size_t kSmallSegment = 128 * 1024;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-journal-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::vector<std::string> runs() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) all.push_back(entry.path().string());
    return all;
  }
  // Of all runs.
  std::vector<SegmentFile> segments() const {
    std::vector<SegmentFile> all;
    for (const std::string& run : runs()) {
      for (SegmentFile& file : list_segments(run)) all.push_back(std::move(file));
    }
    return all;
  }

 private:
  std::string path_;
};

// What was logged, from any thread.
class Log {
 public:
  std::function<void(const std::string&)> writer() {
    return [this](const std::string& line) {
      std::lock_guard lock(mutex_);
      lines_ += line + "\n";
    };
  }
  std::string text() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::string lines_;
};

inline JournalOptions small(const Folder& folder, std::uint64_t random = 1) {
  JournalOptions options;
  options.directory = folder.path();
  options.segment_bytes = kSmallSegment;
  options.allowance_bytes = 64 << 20;
  options.fsync = Fsync::never;
  options.random = random;
  return options;
}

// The n-th record: its number, then bytes that follow from it; of 8 to some 300 bytes, one in 64 up to 20,000.
inline std::string numbered(std::uint64_t n) {
  const std::uint64_t hash = (n + 1) * 0x9e3779b97f4a7c15ULL;
  const std::size_t size = 8 + (n % 64 == 63 ? hash % 20'000 : hash % 300);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((hash >> (i % 8 * 8)) + i);
  std::memcpy(bytes.data(), &n, sizeof n);
  return bytes;
}

inline std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t n = ~0ULL;
  if (bytes.size() >= sizeof n) std::memcpy(&n, bytes.data(), sizeof n);
  return n;
}

// The position behind it; 0: there is no room.
inline std::uint64_t append(Journal& journal, std::string_view bytes,
                            Journal::Priority priority = Journal::Priority::notice) {
  char* const out = journal.reserve(bytes.size(), priority);
  if (out == nullptr) return 0;
  std::memcpy(out, bytes.data(), bytes.size());
  return journal.publish(bytes.size());
}

// Waits for the keeper's thread, at most a minute.
template <class Condition>
bool eventually(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// As a worker that may wait for its next segment.
inline std::uint64_t append_waiting(Journal& journal, std::string_view bytes) {
  std::uint64_t position = 0;
  eventually([&] { return (position = append(journal, bytes)) != 0; });
  return position;
}

struct Read {
  std::vector<std::string> records;
  std::vector<std::uint64_t> positions;
  std::uint64_t next = 0;
};

// All that is there, in bites of `bite` bytes.
inline Read read_from(const Journals& journals, std::string_view name, std::uint64_t from = 0,
                      std::size_t bite = 1 << 20) {
  Read read;
  read.next = from;
  for (;;) {
    std::vector<Journals::Record> records;
    const std::uint64_t next = journals.read(name, read.next, bite, records);
    for (const Journals::Record& record : records) {
      read.records.emplace_back(record.bytes);
      read.positions.push_back(record.position);
    }
    if (next == read.next) return read;
    read.next = next;
  }
}

// In a child process, which does not come back; returns its wait status.
inline int in_child(const std::function<void()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    work();
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

// A process that appended the records from 0 to count - 1 to one journal and died.
inline void leave_dead_run(const JournalOptions& options, std::uint64_t count) {
  const int status = in_child([&] {
    Journals journals(options);
    Journal& journal = journals.add_worker();
    journals.start();
    for (std::uint64_t n = 0; n < count; ++n) append_waiting(journal, numbered(n));
    ::_exit(7);
  });
  ASSERT_EQ(WEXITSTATUS(status), 7);
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace bidwell::events::testing
