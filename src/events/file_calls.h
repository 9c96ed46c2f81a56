// System calls on files and folders that throw std::runtime_error, naming the path, where they fail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bidwell::events {

class File {
 public:
  File() = default;
  // `flags` as of open(2); made with mode 0644. Errors name it as it is `called`, or its path.
  File(const std::string& path, int flags, std::string called = {});
  // Nothing: there is none, or not its folder.
  static std::optional<File> find(const std::string& path, int flags);
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), called_(std::move(other.called_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(called_, other.called_);
    return *this;
  }
  ~File();

  bool is_open() const noexcept { return fd_ >= 0; }
  int fd() const noexcept { return fd_; }
  void write(std::string_view bytes);
  void sync();
  // Errors that come to light only here are errors of writing.
  void close();

 private:
  int fd_ = -1;
  std::string called_;
};

// Nothing: there is no such file.
std::optional<std::string> read_file(const std::string& path);

// With those above it, where they are missing.
void make_folder(const std::string& path);
// So that names made, moved or removed in it outlive a power cut.
void sync_folder(const std::string& path);
// False: there is no `from`.
bool move_file(const std::string& from, const std::string& to);
// Also where there is none.
void remove_file(const std::string& path);

}  // namespace bidwell::events
