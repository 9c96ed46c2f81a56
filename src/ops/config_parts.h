// Readers of the configuration's sections, one file each for the larger ones, and what they share.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "bidwell/core/json_fields.h"
#include "bidwell/ops/config.h"

namespace bidwell::ops {

ProfileOptions default_profiles();
void read_profiles(Fields fields, const std::string& folder, ProfileOptions& out);
// What the sections must have of each other.
void check_profiles(const Config& config, Fields& top);

void read_events(Fields fields, const std::string& folder, EventOptions& out);
void read_notices(Fields fields, NoticeOptions& out);
void check_events(const Config& config, Fields& top);

// `chosen`: the section says which ledger; else check_budgets() takes the one that what else is configured allows.
void read_budgets(Fields fields, BudgetOptions& out, bool& chosen);
void check_budgets(Config& config, bool chosen, Fields& top);
HistoryOptions default_histories();
void read_histories(Fields fields, HistoryOptions& out);

// A time in the unit that its key ends with.
template <class Unit, class Time>
void read_time(Fields& fields, std::string_view key, Time& out, std::int64_t least, std::int64_t most) {
  std::int64_t time = std::chrono::duration_cast<Unit>(out).count();
  if (fields.integer(key, time, least, most)) out = std::chrono::duration_cast<Time>(Unit(time));
}

inline void read_megabytes(Fields& fields, std::string_view key, auto& bytes, std::int64_t least, std::int64_t most) {
  std::int64_t megabytes = static_cast<std::int64_t>(bytes >> 20);
  if (fields.integer(key, megabytes, least, most)) {
    bytes = static_cast<std::remove_reference_t<decltype(bytes)>>(megabytes) << 20;
  }
}

// A path relative to the configuration file's folder.
inline void read_path(Fields& fields, std::string_view key, const std::string& folder, std::string& out,
                      bool required = false) {
  if (fields.text(key, out, required) && !out.empty() && std::filesystem::path(out).is_relative()) {
    out = (std::filesystem::path(folder) / out).lexically_normal().string();
  }
}

}  // namespace bidwell::ops
