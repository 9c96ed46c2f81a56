// Makes, adopts and removes run folders. Two processes that do so at once must agree on who has one, so:
//
// - A new run is made under a name with a dot before it, locked, and renamed: under its own name it is never seen
//   without its lock held. Who removes an unfinished one holds its lock first; its maker then cannot rename it.
// - Removal unlinks the lock while it is held. Who had it open and gets it then sees that it has no name any more.
#include "events/run.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "bidwell/core/hash.h"
#include "events/segment.h"

namespace bidwell::events {
namespace {

namespace fs = std::filesystem;

std::string lock_of(const std::string& folder) {
  return folder + "/lock";
}

std::system_error failed(const std::string& path, const char* what) {
  return {errno, std::generic_category(), fmt::format("{}: {}", path, what)};
}

std::string new_name(std::uint64_t random) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:016x}", fmt::gmtime(std::time(nullptr)), random);
}

// Other folders, such as lost+found, are nobody's to adopt.
bool is_name(std::string_view text) {
  constexpr std::string_view kForm = "########T######Z-****************";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    if (form == '#') return c >= '0' && c <= '9';
    if (form == '*') return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    return c == form;
  });
}

// The locked file, or -1 with errno.
int take_lock(const std::string& path, int how) noexcept {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return -1;
  struct stat status {};
  int error = 0;
  if (::flock(fd, how) != 0 || ::fstat(fd, &status) != 0) {
    error = errno;
  } else if (status.st_nlink == 0) {
    error = ENOENT;
  }
  if (error == 0) return fd;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

std::unique_ptr<Run> Run::make(const std::string& directory, std::uint64_t random, bool sync) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const std::string name = new_name(mix(random, static_cast<std::uint64_t>(i)));
    const std::string unfinished = directory + "/." + name;
    const std::string path = directory + "/" + name;
    if (fs::exists(path)) continue;
    if (::mkdir(unfinished.c_str(), 0750) != 0) {
      if (errno == EEXIST) continue;
      throw failed(unfinished, "make this folder");
    }
    const int lock = take_lock(lock_of(unfinished), LOCK_EX);
    if (lock < 0) {
      if (errno == ENOENT) continue;  // somebody took it for left over
      throw failed(lock_of(unfinished), "lock it");
    }
    if (::rename(unfinished.c_str(), path.c_str()) == 0) {
      std::unique_ptr<Run> run(new Run(path, name, lock));
      run->folder_ = File(path, O_RDONLY | O_DIRECTORY);
      if (sync) run->sync(), sync_folder(directory);
      return run;
    }
    const int error = errno;
    ::close(lock);
    errno = error;
    if (error != ENOENT && error != EEXIST && error != ENOTEMPTY) throw failed(path, "make this folder");
  }
  throw std::system_error(EEXIST, std::generic_category(), directory + ": make a run's folder");
}

std::unique_ptr<Run> Run::adopt(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  const int lock = take_lock(lock_of(path), LOCK_EX | LOCK_NB);
  if (lock >= 0) return std::unique_ptr<Run>(new Run(path, name, lock));
  if (errno == EWOULDBLOCK || errno == ENOENT || errno == ENOTDIR) return nullptr;
  throw failed(lock_of(path), "lock it");
}

std::vector<std::string> Run::list(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    std::string name = entry.path().filename().string();
    if (is_name(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Run::clear_unfinished(const std::string& directory) noexcept {
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string path = at->path().string();
    const std::string name = at->path().filename().string();
    if (name.front() != '.' || !is_name(std::string_view(name).substr(1))) continue;
    const int lock = ::open(lock_of(path).c_str(), O_RDWR | O_CLOEXEC);
    if (lock < 0) {
      ::rmdir(path.c_str());
      continue;
    }
    if (::flock(lock, LOCK_EX | LOCK_NB) == 0) {
      ::unlink(lock_of(path).c_str());
      ::rmdir(path.c_str());
    }
    ::close(lock);
  }
}

Run::~Run() {
  ::close(lock_);
}

void Run::remove() noexcept {
  ::unlink(lock_of(path_).c_str());
  ::rmdir(path_.c_str());
}

}  // namespace bidwell::events
