#include <sys/stat.h>

#include "bidwell/profile/place.h"
#include "profile/file_writer.h"
#include "profile/mapped_file.h"

namespace bidwell::profile {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

class FileLoader final : public Loader {
 public:
  FileLoader(const std::string& path, bool replace) : writer_(path) {
    if (!replace && exists(path)) writer_.merge(MappedFile(path));
  }
  void put(std::span<const Row> rows) override {
    for (const Row& row : rows) writer_.put(row.key, row.profile);
  }
  void finish() override { writer_.finish(); }

 private:
  FileWriter writer_;
};

class FilePlace final : public Place {
 public:
  explicit FilePlace(std::string path) : path_(std::move(path)) {}

  std::string_view name() const override { return "file"; }

  std::optional<Standing> find(const cache::Key& key) override {
    if (!exists(path_)) return std::nullopt;
    const MappedFile file(path_);
    const auto bytes = file.find(key);
    if (!bytes) return std::nullopt;
    return Standing{false, std::string(*bytes), path_};
  }

  std::unique_ptr<Loader> load(bool replace) override { return std::make_unique<FileLoader>(path_, replace); }

  // Writes the file anew without it, so that its bytes are gone from the disk too.
  bool remove(const cache::Key& key) override {
    if (!find(key)) return false;
    FileWriter writer(path_);
    writer.merge(MappedFile(path_), &key);
    writer.finish();
    return true;
  }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<Place> file_place(std::string path) {
  return std::make_unique<FilePlace>(std::move(path));
}

}  // namespace bidwell::profile
