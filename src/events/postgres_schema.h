// The schema's versions, and how a database gets from the one it has to the one this program needs.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <span>

namespace bidwell::events {

struct Migration {
  const char* name;
  const char* sql;
};

// The first makes version 1. What stands here is never changed once released: a change is a migration of its own.
std::span<const Migration> migrations();

// Applies what is missing, each in a transaction of its own; several instances may do so at once. Needs no right to
// create where nothing is missing. Throws std::runtime_error for a database newer than `known`. `before_each` is called
// before each step.
void migrate(
    pqxx::connection& connection, std::span<const Migration> known, const std::function<void()>& before_each = [] {});

}  // namespace bidwell::events
