// One connection to PostgreSQL with the settings that storing events relies on. It never reconnects by itself, as what
// was set would be lost, and it never hangs: a server that is silent for too long is cut off. libpqxx throws where
// anything fails.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <pqxx/pqxx>
#include <string>
#include <thread>

namespace bidwell::events {

// Shuts a socket down when nobody has patted it for too long: libpq waits for an answer without end, and a server that
// is stopped, or whose disk hangs, keeps its side of the connection alive.
class Watchdog {
 public:
  Watchdog(int socket, std::chrono::milliseconds patience);
  ~Watchdog();

  // Something came or is about to be asked: the time starts anew. Idle: nothing is waited for.
  void pat();
  void rest();
  // Shuts it down now; from any thread.
  void bark() noexcept;

 private:
  using Time = std::chrono::steady_clock::time_point;
  void watch();

  const int socket_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Time deadline_ = Time::max();  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  std::thread thread_;           // last
};

class Session {
 public:
  Session(const std::string& url, std::chrono::milliseconds statement_timeout);

  pqxx::connection& connection() { return connection_; }
  Watchdog& watchdog() { return watchdog_; }

 private:
  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_{connection_};  // what is wrong is thrown; standard error is not ours
  Watchdog watchdog_;                            // dies before the socket is closed
};

}  // namespace bidwell::events
