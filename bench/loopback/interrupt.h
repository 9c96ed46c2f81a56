// SIGINT and SIGTERM end the benchmark in order: servers stopped, temporary folder removed.
#pragma once

#include <exception>

namespace bidwell::loopback {

// Thrown by check_interrupt().
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// Installs handlers for both signals that only note them; system calls return EINTR.
void note_interrupts();

// Undoes that; for a child before it becomes a server.
void restore_interrupts();

// Throws Interrupted if a signal has come.
void check_interrupt();

}  // namespace bidwell::loopback
