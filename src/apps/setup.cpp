#include "apps/setup.h"

#include <fmt/format.h>

#include <random>

#include "bidwell/catalog/load.h"

namespace bidwell::apps {

std::uint64_t random64() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

void print_faults(const std::string& file, const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    fmt::print(stderr, "{}: {}{}{}\n", file, fault.where, fault.where.empty() ? "" : ": ", fault.what);
  }
}

std::optional<ops::Config> load_config_or_print(const std::string& path) {
  ops::LoadedConfig loaded = ops::load_config_file(path, ops::bidwell_environment());
  print_faults(path, loaded.faults);
  if (!loaded.faults.empty()) return std::nullopt;
  return std::move(loaded.config);
}

catalog::CompileOptions compile_options(const ops::Config& config) {
  catalog::CompileOptions options;
  options.notices = !config.notices.url.empty();
  return options;
}

std::shared_ptr<const catalog::Snapshot> load_catalog_or_print(const ops::Config& config,
                                                               const catalog::CompileOptions& options) {
  catalog::Loaded loaded = catalog::load_campaign_file(config.catalog.file, config.currencies);
  print_faults(config.catalog.file, loaded.faults);
  if (!loaded.faults.empty()) return nullptr;
  return catalog::Snapshot::compile(std::move(loaded.campaigns), config.currencies, options);
}

}  // namespace bidwell::apps
