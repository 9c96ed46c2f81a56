// How to reach PostgreSQL without waiting for ever for a server that is not there, or no longer.
#pragma once

#include <string>

namespace bidwell {

// libpq's connection string or URI with time limits for whatever it does not say itself.
std::string with_postgres_timeouts(const std::string& url);

}  // namespace bidwell
