// Writes a profile file (mapped_file.h): to a temporary one beside it, which takes its place at the end. 24 bytes of
// memory for each row.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "profile/mapped_file.h"

namespace bidwell::profile {

// Not thread-safe. Throws std::runtime_error when the disk does not take it; the file at `path` is then as it was.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  ~FileWriter();  // without finish(): leaves nothing behind
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // The last row of a key counts. At most 16 MiB.
  void put(const cache::Key& key, std::string_view bytes);
  // Puts all of another file's, but for one key's.
  void merge(const MappedFile& other, const cache::Key* left_out = nullptr);

  // Sorts, writes, and replaces the file at `path`, on the disk when it returns. Returns how many profiles it has.
  std::size_t finish();

 private:
  void write(const void* bytes, std::size_t size);
  void settle();

  const std::string path_;
  std::string temporary_;
  std::FILE* file_ = nullptr;
  std::uint64_t data_bytes_ = 0;
  std::vector<FileEntry> index_;  // as put, until finish() sorts it
};

}  // namespace bidwell::profile
