// The table of profiles, as the origin and the tools use it. libpqxx throws where anything fails.
#pragma once

#include <pqxx/pqxx>
#include <span>
#include <string>

#include "bidwell/cache/slot.h"

namespace bidwell::profile {

// In a transaction of its own. False when the table is not there and could not be made.
bool make_table(pqxx::connection& connection);

// As bytea is written: \x and 32 hexadecimal digits, the key's highest first.
std::string bytea_of(const cache::Key& key);
std::string bytea_of(std::string_view bytes);

}  // namespace bidwell::profile
