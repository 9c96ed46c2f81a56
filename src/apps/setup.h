// What the subcommands share: configuration and catalog from their files, faults to standard error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bidwell/catalog/snapshot.h"
#include "bidwell/ops/config.h"

namespace bidwell::apps {

// From the system: a seed that no other process has.
std::uint64_t random64();

// Prints each fault as "<file>: <place>: <what>".
void print_faults(const std::string& file, const std::vector<Fault>& faults);

// Nothing (after printing the faults) when the file has any.
std::optional<ops::Config> load_config_or_print(const std::string& path);

catalog::CompileOptions compile_options(const ops::Config& config);

// Null likewise.
std::shared_ptr<const catalog::Snapshot> load_catalog_or_print(const ops::Config& config,
                                                               const catalog::CompileOptions& options);

}  // namespace bidwell::apps
