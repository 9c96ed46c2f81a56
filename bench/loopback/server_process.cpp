// See server_process.h.
#include "server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "cores.h"
#include "interrupt.h"
#include "sockets.h"

namespace bidwell::loopback {
namespace {

using namespace std::chrono_literals;

// In the child: everything that must hold before the server's first instruction.
void become_server(const ProcessOptions& options, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::_Exit(1);
  ::setpgid(0, 0);  // a Ctrl-C is the benchmark's to handle, and a stop reaches grandchildren
  restore_interrupts();
  std::filesystem::current_path(options.directory);
  const int output = ::open("output.log", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (output < 0) throw std::system_error(errno, std::generic_category(), "output.log");
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  for (const auto& entry : options.environment) ::putenv(::strdup(entry.c_str()));
  pin_to(options.core);
}

void execute(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  throw std::system_error(errno, std::generic_category(), command.front());
}

}  // namespace

ServerProcess::ServerProcess(ProcessOptions options, const std::function<void()>& body) : options_(std::move(options)) {
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) {
    ::setpgid(pid_, pid_);  // in both processes, so that it holds whoever comes first
    return;
  }
  try {
    become_server(options_, parent);
    body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    std::fflush(stderr);
  }
  std::_Exit(1);
}

ServerProcess::ServerProcess(ProcessOptions options, std::vector<std::string> command)
    : ServerProcess(std::move(options), [&command] { execute(command); }) {}

ServerProcess::~ServerProcess() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGTERM);
  for (auto waited = 0ms; waited < 2s; waited += 10ms) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
      ::kill(-pid_, SIGKILL);  // what it started and left behind
      return;
    }
    std::this_thread::sleep_for(10ms);
  }
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ServerProcess::check_running() {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, WNOHANG) == 0) return;
  pid_ = -1;
  const auto how = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                       : fmt::format("exited with {}", WEXITSTATUS(status));
  throw std::runtime_error(fmt::format("{} {}\n{}", options_.name, how, read_output_end()));
}

void ServerProcess::wait_until_listening(std::uint16_t port, std::chrono::seconds limit) {
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < limit) {
    check_interrupt();
    check_running();
    if (is_listening(port)) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error(fmt::format("{} does not listen on port {} after {} s\n{}", options_.name, port,
                                       limit.count(), read_output_end()));
}

std::string ServerProcess::read_output_end() const {
  std::ifstream file(options_.directory / "output.log");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  constexpr std::size_t length_max = 2000;
  return text.size() <= length_max ? text : text.substr(text.size() - length_max);
}

}  // namespace bidwell::loopback
