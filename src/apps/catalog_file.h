// The catalog's file while serving: loaded at the start, again on demand or when it changes. A bad file changes
// nothing and is logged with every fault.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "bidwell/catalog/snapshot.h"

namespace bidwell::apps {

// For one thread.
class CatalogFile {
 public:
  // Called with a good catalog's campaigns before they are compiled.
  using Enlist = std::function<void(std::span<const catalog::Campaign>)>;

  // `currencies` must outlive it. `enlist` may be null.
  CatalogFile(std::string path, const CurrencyTable& currencies, catalog::CompileOptions options, Enlist enlist);

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
  const Enlist enlist_;
  std::shared_ptr<const catalog::Snapshot> current_;
  Stamp loaded_{};
};

}  // namespace bidwell::apps
