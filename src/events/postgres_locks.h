// The advisory locks by which instances take turns at what only one of them can do.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>

namespace bidwell::events {

// "bidwell" and a number.
enum class Lock : std::int64_t { schema = 0x62696477656c6c01, partitions = 0x62696477656c6c02 };

// Until the transaction's end.
inline void lock(pqxx::transaction_base& work, Lock which) {
  work.exec("SELECT pg_advisory_xact_lock(" + std::to_string(static_cast<std::int64_t>(which)) + ")");
}
// False: another one has it.
inline bool try_lock(pqxx::transaction_base& work, Lock which) {
  return work.exec1("SELECT pg_try_advisory_xact_lock(" + std::to_string(static_cast<std::int64_t>(which)) + ")")[0]
      .as<bool>();
}

}  // namespace bidwell::events
