#include "events/file_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace bidwell::events {
namespace {

[[noreturn]] void fail(std::string_view what, const std::string& path) {
  throw std::runtime_error(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

}  // namespace

File::File(const std::string& path, int flags, std::string called)
    : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)), called_(called.empty() ? path : std::move(called)) {
  if (fd_ < 0) fail("open", called_);
}

std::optional<File> File::find(const std::string& path, int flags) {
  File file;
  file.fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file.fd_ < 0 && errno == ENOENT) return std::nullopt;
  if (file.fd_ < 0) fail("open", path);
  file.called_ = path;
  return file;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

void File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", called_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void File::sync() {
  if (::fsync(fd_) != 0) fail("sync", called_);
}

void File::close() {
  if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) != 0) fail("close", called_);
}

std::optional<std::string> read_file(const std::string& path) {
  const auto file = File::find(path, O_RDONLY);
  if (!file) return std::nullopt;
  std::string all;
  std::array<char, 16 << 10> some;
  while (true) {
    const ssize_t size = ::read(file->fd(), some.data(), some.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail("read", path);
    if (size == 0) return all;
    all.append(some.data(), static_cast<std::size_t>(size));
  }
}

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return;
  const std::string parent = std::filesystem::path(path).parent_path();
  if (errno == ENOENT && !parent.empty() && parent != path) {
    make_folder(parent);
    if (::mkdir(path.c_str(), 0755) == 0) return;
  }
  if (errno != EEXIST) fail("make the folder", path);
}

void sync_folder(const std::string& path) {
  File(path, O_RDONLY | O_DIRECTORY).sync();
}

bool move_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  const int error = errno;
  if (error == ENOENT && ::access(from.c_str(), F_OK) != 0 && errno == ENOENT) return false;
  errno = error;
  fail("move into place", to);
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
}

}  // namespace bidwell::events
