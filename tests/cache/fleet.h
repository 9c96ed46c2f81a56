// Several instances of the cache on one Redis and one origin.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/cache/shared_state.h"
#include "tests/redis/redis_server.h"

namespace bidwell::cache::testing {

constexpr std::chrono::seconds kPatience{60};

// A process that answers each line with one (instance.cpp).
class InstanceProcess {
 public:
  explicit InstanceProcess(std::vector<std::string> command) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(in[0], 0), ::dup2(out[1], 1);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(in[0]), ::close(out[1]);
    in_ = in[1], out_ = out[0];
  }
  ~InstanceProcess() {
    kill();
    ::close(in_), ::close(out_);
  }
  InstanceProcess(const InstanceProcess&) = delete;
  InstanceProcess& operator=(const InstanceProcess&) = delete;

  void say(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("the instance is gone");
    }
  }
  std::string hear() {
    while (text_.find('\n') == std::string::npos) {
      pollfd waiting{out_, POLLIN, 0};
      char bytes[4096];
      if (::poll(&waiting, 1, static_cast<int>(kPatience.count() * 1000)) <= 0) throw std::runtime_error("no answer");
      const ssize_t size = ::read(out_, bytes, sizeof bytes);
      if (size <= 0) throw std::runtime_error("the instance has ended");
      text_.append(bytes, static_cast<std::size_t>(size));
    }
    const std::size_t end = text_.find('\n');
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }
  std::string ask(const std::string& line) {
    say(line);
    return hear();
  }

  void signal(int number) { ::kill(pid_, number); }
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  // At the end of its input it ends by itself, as a sanitizer wants it: 0.
  int end() {
    ::close(std::exchange(in_, -1));
    int status = -1;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::string text_;
};

// "stale 3 17 250000" and the like.
struct Seen {
  explicit Seen(const std::string& line) {
    std::istringstream in(line);
    in >> kind >> version >> cache_version >> age_us;
  }
  std::string kind;
  std::uint64_t version = 0, cache_version = 0;
  std::int64_t age_us = 0;
};

// "served 17 too_old 0": numbers by name.
inline std::map<std::string, std::uint64_t> numbers(const std::string& line) {
  std::map<std::string, std::uint64_t> out;
  std::istringstream in(line);
  std::string name;
  std::uint64_t value = 0;
  while (in >> name >> value) out[name] = value;
  return out;
}

class Fleet {
 public:
  Fleet(unsigned size, std::vector<std::string> options) : state_((folder_.path / "state").string()) {
    state_->version = 1;
    state_->delay_ms = 50;
    for (unsigned i = 0; i < size; ++i) {
      std::vector<std::string> command = {
          BIDWELL_CACHE_INSTANCE, "--redis", redis.url(), "--state", (folder_.path / "state").string(), "--seed",
          std::to_string(i + 1)};
      command.insert(command.end(), options.begin(), options.end());
      instances_.push_back(std::make_unique<InstanceProcess>(std::move(command)));
    }
    // Each is connected once it has fetched something; that it hears announcements too shows in its doubts.
    for (unsigned i = 0; i < size; ++i) {
      const std::string warm = "find " + std::to_string(1'000'000 + i);
      until([&] { return (*this)[i].ask(warm) != "miss" && numbers((*this)[i].ask("counters"))["doubts"] > 0; });
    }
  }

  InstanceProcess& operator[](std::size_t i) { return *instances_[i]; }
  std::size_t size() const { return instances_.size(); }
  SharedFile& state() { return state_; }

  template <class Condition>
  static void until(Condition&& condition) {
    const auto patience = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("it did not happen");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  // All threads of all instances ask for one key at the same moment.
  std::map<std::string, std::uint64_t> stampede(std::uint64_t key, int patience_ms, unsigned threads) {
    state_->at_barrier = 0;
    state_->go = 0;
    for (auto& instance : instances_) {
      instance->say("stampede " + std::to_string(key) + " " + std::to_string(patience_ms));
    }
    until([&] { return state_->at_barrier == size() * threads; });
    state_->go = 1;
    std::map<std::string, std::uint64_t> sum;
    for (auto& instance : instances_) {
      for (const auto& [name, count] : numbers(instance->hear())) sum[name] += count;
    }
    return sum;
  }

  redis::testing::RedisServer redis;

 private:
  struct Folder {
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "bidwell-fleet-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
      path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
  };

  Folder folder_;
  SharedFile state_;
  std::vector<std::unique_ptr<InstanceProcess>> instances_;
};

}  // namespace bidwell::cache::testing
