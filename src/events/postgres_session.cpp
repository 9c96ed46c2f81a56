#include "events/postgres_session.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "bidwell/core/postgres_url.h"

namespace bidwell::events {
namespace {

// What replaces this in libpqxx 7 is not there in 6.
void never_reconnect(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

// Beyond the server's own limit, which gives a better message.
constexpr std::chrono::milliseconds kGraceMax{5000};

}  // namespace

Watchdog::Watchdog(int socket, std::chrono::milliseconds patience)
    : socket_(socket), patience_(patience), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::pat() {
  const std::lock_guard lock(mutex_);
  // The watcher sleeps until the first deadline and looks anew then; it need not be woken for a later one.
  const bool idle = deadline_ == Time::max();
  deadline_ = std::chrono::steady_clock::now() + patience_;
  if (idle) changed_.notify_one();
}

void Watchdog::rest() {
  const std::lock_guard lock(mutex_);
  deadline_ = Time::max();
}

void Watchdog::bark() noexcept {
  ::shutdown(socket_, SHUT_RDWR);
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (deadline_ == Time::max()) {
      changed_.wait(lock);
    } else if (const Time until = deadline_; std::chrono::steady_clock::now() < until) {
      changed_.wait_until(lock, until);
    } else {
      bark();
      deadline_ = Time::max();
    }
  }
}

Session::Session(const std::string& url, std::chrono::milliseconds statement_timeout)
    : connection_(with_postgres_timeouts(url)),
      watchdog_(connection_.sock(), statement_timeout + std::min(statement_timeout, kGraceMax)) {
  never_reconnect(connection_);
  watchdog_.pat();
  pqxx::nontransaction settings(connection_);
  settings.exec0(fmt::format("SET statement_timeout = {}", statement_timeout.count()));
  settings.exec0("SET client_encoding = 'UTF8'");
  settings.exec0("SET timezone = 'UTC'");
  // A journal is freed after the commit, so a commit must be on the disk.
  settings.exec(
      "SELECT set_config('synchronous_commit', 'on', false) "
      "WHERE current_setting('synchronous_commit') = 'off'");
  // So that the server finds out soon when this host dies, and gives up the locks of its last transaction.
  settings.exec0("SET tcp_keepalives_idle = 5");
  settings.exec0("SET tcp_keepalives_interval = 2");
  settings.exec0("SET tcp_keepalives_count = 3");
  watchdog_.rest();
}

}  // namespace bidwell::events
