// The catalog's file while serving: loaded at the start, again on demand or when it changes. A bad file changes
// nothing and is logged with every fault.
#pragma once

#include <memory>
#include <string>
#include <tuple>

#include "bidwell/catalog/snapshot.h"

namespace bidwell::apps {

// For one thread.
class CatalogFile {
 public:
  // `currencies` must outlive it.
  CatalogFile(std::string path, const CurrencyTable& currencies, const catalog::CompileOptions& options);

  // Null, and current() as it was, when the file has faults.
  std::shared_ptr<const catalog::Snapshot> load();

  // Whether the file is another one than at the last load: by inode, size and time of change, so that a file that
  // was moved into place counts and one with faults is not read over and over.
  bool changed() const;

  const std::shared_ptr<const catalog::Snapshot>& current() const noexcept { return current_; }
  const std::string& path() const noexcept { return path_; }

 private:
  using Stamp = std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;
  Stamp stamp() const;

  std::string path_;
  const CurrencyTable& currencies_;
  const catalog::CompileOptions options_;
  std::shared_ptr<const catalog::Snapshot> current_;
  Stamp loaded_{};
};

}  // namespace bidwell::apps
