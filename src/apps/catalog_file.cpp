#include "apps/catalog_file.h"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "bidwell/catalog/load.h"

namespace bidwell::apps {

CatalogFile::CatalogFile(std::string path, const CurrencyTable& currencies, catalog::CompileOptions options,
                         Enlist enlist)
    : path_(std::move(path)), currencies_(currencies), options_(std::move(options)), enlist_(std::move(enlist)) {}

std::shared_ptr<const catalog::Snapshot> CatalogFile::load() {
  loaded_ = stamp();
  catalog::Loaded loaded = catalog::load_campaign_file(path_, currencies_);
  if (!loaded.faults.empty()) {
    for (const Fault& fault : loaded.faults) spdlog::error("{}: {}: {}", path_, fault.where, fault.what);
    if (current_) spdlog::error("the catalog stays as it was: {} has {} faults", path_, loaded.faults.size());
    return nullptr;
  }
  if (enlist_) enlist_(loaded.campaigns);
  current_ = catalog::Snapshot::compile(std::move(loaded.campaigns), currencies_, options_);
  malloc_trim(0);  // the file's JSON tree was several times larger than what was made of it
  spdlog::info("catalog: {} campaigns from {}", current_->campaigns().size(), path_);
  return current_;
}

bool CatalogFile::changed() const {
  return stamp() != loaded_;
}

CatalogFile::Stamp CatalogFile::stamp() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

}  // namespace bidwell::apps
