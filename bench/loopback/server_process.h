// A server under measurement as a child process: pinned, with a folder of its own, and gone when
// its owner is, whatever way that ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bidwell::loopback {

struct ProcessOptions {
  std::string name;                      // for messages
  std::filesystem::path directory;       // exists; working folder, and where output.log goes
  int core = 0;                          // the processor it is bound to
  std::vector<std::string> environment;  // NAME=value, added to the inherited ones
};

// Single owner; not copyable. Errors are thrown as std::runtime_error or std::system_error.
class ServerProcess {
 public:
  // Runs `body` in a forked child; it must not return.
  ServerProcess(ProcessOptions options, const std::function<void()>& body);

  // Runs an executable, found on PATH where its name has no slash.
  ServerProcess(ProcessOptions options, std::vector<std::string> command);

  // SIGTERM to it and what it started, SIGKILL after two seconds.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const noexcept { return pid_; }

  // Throws with the end of its output if it has exited.
  void check_running();

  // Returns once `port` accepts connections; throws when that takes longer or it has exited.
  void wait_until_listening(std::uint16_t port, std::chrono::seconds limit = std::chrono::seconds(10));

 private:
  std::string read_output_end() const;

  ProcessOptions options_;
  pid_t pid_ = -1;
};

}  // namespace bidwell::loopback
