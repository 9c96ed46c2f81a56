// A child process as a person at a terminal has it: what it prints, what it exits with. Every wait
// ends after half a minute (for its end: without a word of it), so that a child that hangs fails a test
// instead of holding it up.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern char** environ;  // POSIX

namespace bidwell::apps::testing {

using Variables = std::map<std::string, std::string>;

class Process {
 public:
  // The environment is this process's without its BIDWELL_ names, and `variables`. Standard input
  // is `input`, which must fit a pipe (64 KiB).
  explicit Process(std::vector<std::string> command, const Variables& variables = {}, std::string_view input = {}) {
    int in[2], out[2], err[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) {
      throw std::runtime_error("pipe2");
    }
    // While this end can still be read from: the child may be gone before it reads.
    const ssize_t written = ::write(in[1], input.data(), input.size());
    if (written != static_cast<ssize_t>(input.size())) throw std::runtime_error("write");
    // Before the fork: nothing but exec may follow it in a program with threads.
    const std::vector<std::string> environment = environment_with(variables);
    std::vector<char*> arguments, names;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (const std::string& entry : environment) names.push_back(const_cast<char*>(entry.data()));
    names.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::dup2(in[0], 0), ::dup2(out[1], 1), ::dup2(err[1], 2);
      ::execve(arguments[0], arguments.data(), names.data());
      ::_exit(127);
    }
    ::close(in[0]), ::close(in[1]), ::close(out[1]), ::close(err[1]);
    out_ = out[0], err_ = err[0];
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    close_pipes();
  }

  void signal(int number) { ::kill(pid_, number); }

  // Reads until what was printed to either since the last call contains `text`, and returns that up
  // to the end of its line. Throws when it ends first.
  std::string wait_for(std::string_view text) {
    const auto deadline = Clock::now() + kPatience;
    while (true) {
      std::size_t at = log_.find(text, seen_);
      if (at != std::string::npos) at = log_.find('\n', at);
      if (at != std::string::npos) {
        const std::size_t from = std::exchange(seen_, at + 1);
        return log_.substr(from, seen_ - from);
      }
      if (!read_some(deadline)) {
        throw std::runtime_error("it ended without \"" + std::string(text) + "\":\n" + log_);
      }
    }
  }

  // Waits for its end; the exit code, or 128 and the signal that ended it.
  int wait() {
    while (read_some(Clock::now() + kPatience)) {
    }
    // Both pipes are closed: it is ending.
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string& out() const { return out_text_; }
  const std::string& err() const { return err_text_; }
  const std::string& log() const { return log_; }  // both, as they came

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{30};

  static std::vector<std::string> environment_with(const Variables& variables) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (!std::string_view(*entry).starts_with("BIDWELL_")) all.emplace_back(*entry);
    }
    for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
    return all;
  }

  // False when both pipes are at their end.
  bool read_some(Clock::time_point deadline) {
    pollfd waiting[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    if (out_ < 0 && err_ < 0) return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || ::poll(waiting, 2, static_cast<int>(left)) <= 0) {
      throw std::runtime_error("nothing came for half a minute after:\n" + log_);
    }
    if (waiting[0].revents != 0) read_from(out_, out_text_);
    if (waiting[1].revents != 0) read_from(err_, err_text_);
    return true;
  }
  void read_from(int& fd, std::string& text) {
    char buffer[16 * 1024];
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) {
      ::close(std::exchange(fd, -1));
      return;
    }
    text.append(buffer, static_cast<std::size_t>(size));
    log_.append(buffer, static_cast<std::size_t>(size));
  }
  void close_pipes() {
    for (int fd : {out_, err_}) {
      if (fd >= 0) ::close(fd);
    }
  }

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  std::string out_text_, err_text_, log_;
  std::size_t seen_ = 0;
};

// A child that has ended.
struct Ended {
  int code = 0;
  std::string out, err;
};
inline Ended run(std::vector<std::string> command, const Variables& variables = {}, std::string_view input = {}) {
  Process process(std::move(command), variables, input);
  const int code = process.wait();
  return {code, process.out(), process.err()};
}

}  // namespace bidwell::apps::testing
