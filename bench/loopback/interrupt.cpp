// See interrupt.h.
#include "interrupt.h"

#include <csignal>

namespace bidwell::loopback {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void note_interrupts() {
  set_handler([](int) { interrupted = 1; });
}

void restore_interrupts() {
  set_handler(SIG_DFL);
}

void check_interrupt() {
  if (interrupted != 0) throw Interrupted();
}

}  // namespace bidwell::loopback
