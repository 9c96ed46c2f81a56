#include "bidwell/profile/file.h"

#include <sys/stat.h>

#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "profile/call_queue.h"
#include "profile/mapped_file.h"

namespace bidwell::profile {
namespace {

// Of what stands at the path; all zeros when nothing does.
FileStamp stamp_at(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? stamp_of(status) : FileStamp{};
}

// The newest good file that has stood at a path. Thread-safe.
class NewestFile {
 public:
  explicit NewestFile(std::string path) : path_(std::move(path)), seen_(stamp_at(path_)) {
    if (seen_ != FileStamp{}) file_ = std::make_shared<const MappedFile>(path_);
  }

  // Looks for a newer one first. Null: there has been none.
  std::shared_ptr<const MappedFile> get() {
    const std::lock_guard lock(mutex_);
    look();
    return file_;
  }

  // What has changed since the last call.
  FileOrigin::Reload report(std::string& fault) {
    const std::lock_guard lock(mutex_);
    look();
    if (unreported_ == FileOrigin::Reload::refused) fault = fault_;
    return std::exchange(unreported_, FileOrigin::Reload::unchanged);
  }

 private:
  void look() {
    const FileStamp now = stamp_at(path_);
    if (now == seen_) return;
    seen_ = now;
    unreported_ = FileOrigin::Reload::refused;
    if (now == FileStamp{}) {
      fault_ = path_ + ": is gone; what was read of it stays in use";
      return;
    }
    try {
      file_ = std::make_shared<const MappedFile>(path_);
      seen_ = file_->stamp();
      unreported_ = FileOrigin::Reload::taken;
    } catch (const std::runtime_error& error) {
      fault_ = error.what();
    }
  }

  const std::string path_;
  std::mutex mutex_;
  // Guarded by mutex_.
  FileStamp seen_;  // what stood at the path when it was last looked at
  std::shared_ptr<const MappedFile> file_;
  FileOrigin::Reload unreported_ = FileOrigin::Reload::unchanged;
  std::string fault_;
};

}  // namespace

struct FileOrigin::Impl {
  Impl(std::string path, Missing none, std::size_t waiting_max)
      : missing(none), file(std::move(path)), calls(waiting_max) {
    thread = std::thread([this] {
      for (CallQueue::Call call; calls.pop(call);) {
        const std::shared_ptr<const MappedFile> newest = file.get();
        call.done(look_up(newest.get(), call.slots));
      }
    });
  }
  ~Impl() {
    calls.close();
    thread.join();
  }

  std::vector<cache::Loaded> look_up(const MappedFile* mapped, const std::vector<cache::Slot>& slots) {
    if (mapped == nullptr && missing == Missing::empty) return std::vector<cache::Loaded>(slots.size());
    if (mapped == nullptr || !mapped->intact()) {
      counters.failures.add();
      return {};
    }
    std::vector<cache::Loaded> loaded(slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const auto bytes = mapped->find(slots[i].key);
      if (!bytes) continue;
      loaded[i] = {true, std::string(*bytes)};
      counters.found.add();
    }
    counters.keys.add(slots.size());
    return loaded;
  }

  const Missing missing;
  NewestFile file;
  CallQueue calls;
  FileCounters counters;  // written by `thread`
  std::thread thread;     // last
};

FileOrigin::FileOrigin(std::string path, Missing missing, std::size_t waiting_max)
    : impl_(std::make_unique<Impl>(std::move(path), missing, waiting_max)) {}

FileOrigin::~FileOrigin() = default;

void FileOrigin::load(std::vector<cache::Slot> slots, std::function<void(std::vector<cache::Loaded>)> done) {
  impl_->calls.push({std::move(slots), std::move(done)});
}

FileOrigin::Reload FileOrigin::reload_if_changed(std::string& fault) {
  return impl_->file.report(fault);
}

std::size_t FileOrigin::profiles() const {
  const std::shared_ptr<const MappedFile> file = impl_->file.get();
  return file ? file->index().size() : 0;
}

std::size_t FileOrigin::waiting() const {
  return impl_->calls.waiting();
}

std::size_t FileOrigin::refused() const noexcept {
  return impl_->calls.refused();
}

const FileCounters& FileOrigin::counters() const noexcept {
  return impl_->counters;
}

}  // namespace bidwell::profile
