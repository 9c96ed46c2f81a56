// A temporary folder for one run of the benchmark: configurations, logs and journals of the
// servers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bidwell::loopback {

// Removed with its contents on destruction; declare it before the servers that use it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // Makes a folder in it.
  std::filesystem::path make_room(std::string_view name) const;

 private:
  std::filesystem::path path_;
};

// Both throw std::runtime_error naming the file.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace bidwell::loopback
