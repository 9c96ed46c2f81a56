#include "bidwell/core/postgres_url.h"

#include <fmt/format.h>

#include <utility>

namespace bidwell {

std::string with_postgres_timeouts(const std::string& url) {
  const bool uri = url.starts_with("postgres://") || url.starts_with("postgresql://");
  std::string out = url;
  bool first = url.find('?') == std::string::npos;
  for (const auto& [name, value] : {std::pair{"connect_timeout", "2"}, std::pair{"tcp_user_timeout", "5000"},
                                    std::pair{"keepalives_idle", "5"}, std::pair{"keepalives_interval", "2"},
                                    std::pair{"keepalives_count", "2"}, std::pair{"application_name", "bidwell"}}) {
    if (url.find(name) != std::string::npos) continue;
    out += fmt::format("{}{}={}", !uri ? " " : first ? "?" : "&", name, value);
    first = false;
  }
  return out;
}

}  // namespace bidwell
