// A real redis-server for a test: on a Unix socket in a temporary folder, and on a free port of 127.0.0.1 where asked
// for. It can be stopped, killed, paused and started again on the same address, and is gone with its fixture. Every
// wait ends after some seconds with an exception, so that a server that hangs fails a test instead of holding it up.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bidwell::redis::testing {

struct ServerOptions {
  bool tcp = false;  // listens on 127.0.0.1 too
  std::string password{};
  std::vector<std::string> arguments{};  // more of redis-server's, such as "--maxmemory", "1mb"; persistence is off
};

class RedisServer {
 public:
  // In a thread that stays: the server ends with it.
  explicit RedisServer(ServerOptions options = {}) : options_(std::move(options)) { start(); }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket_path() const { return (folder_.path / "redis.sock").string(); }
  std::uint16_t port() const { return port_; }  // 0 without `tcp`
  pid_t pid() const { return pid_; }            // -1 while it is not running
  // For redis::parse_url.
  std::string url(int database = 0) const {
    return "redis+unix://" + credentials() + socket_path() + "?database=" + std::to_string(database);
  }
  std::string tcp_url(int database = 0) const {
    return "redis://" + credentials() + "127.0.0.1:" + std::to_string(port_) + "/" + std::to_string(database);
  }

  // Returns when it answers. On the address it had before, if it ran before; what it stored is lost.
  void start() {
    if (pid_ > 0) throw std::logic_error("redis-server runs already");
    const bool choose_port = options_.tcp && port_ == 0;
    for (int attempt = 0;; ++attempt) {
      if (choose_port) port_ = free_port();
      launch();
      if (wait_until_ready()) return;
      // It has ended: somebody else may have got the port meanwhile.
      if (!choose_port || attempt == 4) throw std::runtime_error("redis-server ended at once:\n" + log());
    }
  }
  // As an operator stops it.
  void stop() {
    if (pid_ < 0) return;
    resume();
    ::kill(pid_, SIGTERM);
    const auto until = Clock::now() + kPatience;
    while (!has_ended()) {
      if (Clock::now() > until) return kill();
      std::this_thread::sleep_for(kPause);
    }
  }
  // As a crash ends it: SIGKILL.
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  void restart() {
    stop();
    start();
  }
  // It still takes connections and bytes, as the kernel does that, but never answers: SIGSTOP.
  void pause() { ::kill(pid_, SIGSTOP); }
  void resume() { ::kill(pid_, SIGCONT); }

  // Sends one command over a connection of its own and waits for the answer: a text, status, error ("ERR ...") or
  // number as it is, "(nil)", or an array's parts with a line feed after each.
  template <class... Words>
  std::string cli(const Words&... words) const {
    return cli_of({std::string_view(words)...});
  }

  std::string log() const {
    std::ifstream file(folder_.path / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{20};
  static constexpr std::chrono::milliseconds kPause{2};

  struct Folder {
    Folder() {
      std::string name = (std::filesystem::temp_directory_path() / "bidwell-redis-XXXXXX").string();
      if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
      path = name;
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  };

  // One connection of cli().
  class Wire {
   public:
    explicit Wire(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      const timeval patience{kPatience.count(), 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~Wire() { ::close(fd_); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    bool connected() const { return connected_; }

    std::string ask(std::initializer_list<std::string_view> words) {
      std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
      for (std::string_view word : words) {
        bytes += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
      }
      for (std::size_t sent = 0; sent < bytes.size();) {
        const ssize_t size = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (size <= 0) throw std::runtime_error("redis-server took no command");
        sent += static_cast<std::size_t>(size);
      }
      return answer();
    }

   private:
    std::string answer() {
      const std::string line = take_line();
      const std::string rest = line.substr(1);
      if (line[0] == '+' || line[0] == '-' || line[0] == ':') return rest;
      const long size = std::stol(rest);
      if (size < 0) return "(nil)";
      if (line[0] == '$') {
        std::string text = take(static_cast<std::size_t>(size) + 2);
        text.resize(static_cast<std::size_t>(size));
        return text;
      }
      std::string parts;
      for (long i = 0; i < size; ++i) parts += answer() + "\n";
      return parts;
    }
    std::string take_line() {
      while (in_.find("\r\n") == std::string::npos) receive();
      const std::size_t size = in_.find("\r\n");
      const std::string line = take(size + 2).substr(0, size);
      if (line.empty()) throw std::runtime_error("redis-server sent an empty line");
      return line;
    }
    std::string take(std::size_t size) {
      while (in_.size() < size) receive();
      std::string taken = in_.substr(0, size);
      in_.erase(0, size);
      return taken;
    }
    void receive() {
      char bytes[16 * 1024];
      const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
      if (size <= 0) throw std::runtime_error("redis-server did not answer");
      in_.append(bytes, static_cast<std::size_t>(size));
    }

    int fd_;
    bool connected_ = false;
    std::string in_;
  };

  std::string credentials() const { return options_.password.empty() ? "" : ":" + options_.password + "@"; }

  std::string cli_of(std::initializer_list<std::string_view> words) const {
    Wire wire(socket_path());
    if (!wire.connected()) throw std::runtime_error("redis-server takes no connection");
    if (!options_.password.empty()) wire.ask({"AUTH", options_.password});
    return wire.ask(words);
  }

  void launch() {
    // Before the fork: nothing but exec may follow it in a program with threads.
    std::vector<std::string> words{"redis-server"};
    const std::pair<const char*, std::string> settings[] = {
        {"--port", std::to_string(port_)}, {"--bind", "127.0.0.1"}, {"--unixsocket", socket_path()},
        {"--dir", folder_.path.string()},  {"--logfile", "log"},    {"--save", ""},
        {"--enable-debug-command", "yes"}};
    for (const auto& [name, value] : settings) words.insert(words.end(), {name, value});
    if (!options_.password.empty()) words.insert(words.end(), {"--requirepass", options_.password});
    words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes shall leave no server
      if (::getppid() != parent) ::_exit(127);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
  }

  // False when it ended instead.
  bool wait_until_ready() {
    const auto until = Clock::now() + kPatience;
    while (!has_ended()) {
      if (Wire wire(socket_path()); wire.connected()) {
        try {
          if (!wire.ask({"PING"}).starts_with("LOADING")) return true;
        } catch (const std::runtime_error&) {
          // It is ending, which has_ended() is about to say.
        }
      }
      if (Clock::now() > until) throw std::runtime_error("redis-server does not answer:\n" + log());
      std::this_thread::sleep_for(kPause);
    }
    return false;
  }

  bool has_ended() {
    if (::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
    pid_ = -1;
    return true;
  }

  static std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    if (!bound) throw std::runtime_error("no free port");
    return ::ntohs(address.sin_port);
  }

  ServerOptions options_;
  const Folder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace bidwell::redis::testing
