// A PostgreSQL server of the test's own: in a temporary folder, on a Unix socket there, without fsync. Making its
// folder takes a second or two, so one serves a whole test program.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <vector>

// For LeakSanitizer: libpqxx 6.4 loses a result (2 KB) where a connection breaks during a query.
extern "C" __attribute__((used)) inline const char* __lsan_default_suppressions() {
  return "leak:libpqxx";
}

namespace bidwell::testing {

class PostgresServer {
 public:
  // Throws std::runtime_error when it does not come up.
  PostgresServer() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-pg-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    // It refuses to run as root.
    if (::geteuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr) throw std::runtime_error("there is no user postgres");
      uid_ = user->pw_uid, gid_ = user->pw_gid;
      if (::chown(name.c_str(), uid_, gid_) != 0) throw std::runtime_error("chown " + name);
    }
    const pid_t init = run({programs() + "initdb", "-D", name + "/data", "-A", "trust", "-U", "tester", "-E", "UTF8",
                            "--locale=C", "--no-sync", "--no-instructions"});
    int status = 0;
    ::waitpid(init, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed; see " + name + "/log");
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  // libpq's connection string.
  std::string url(const std::string& database = "postgres") const {
    return "host=" + folder_ + " user=tester dbname=" + database;
  }

  void start() {
    server_ = run({programs() + "postgres", "-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c",
                   "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=50"});
    for (int attempt = 0; attempt < 1000; ++attempt) {
      try {
        pqxx::connection connection(url());
        return;
      } catch (const pqxx::broken_connection&) {
        ::poll(nullptr, 0, 10);
      }
    }
    throw std::runtime_error("postgres does not answer; see " + folder_ + "/log");
  }

  void start_if_stopped() {
    if (server_ <= 0) start();
  }

  // At once, its connections with it.
  void stop() {
    if (server_ <= 0) return;
    ::kill(server_, SIGQUIT);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }

  // Runs statements, each in a transaction of its own.
  void execute(const std::string& statement) const {
    pqxx::connection connection(url());
    pqxx::nontransaction(connection).exec(statement);
  }

 private:
  static std::string programs() {
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
      if (std::filesystem::exists(version.path() / "bin/initdb")) return (version.path() / "bin/").string();
    }
    throw std::runtime_error("PostgreSQL is not installed");
  }

  // A child that ends with this process, as the user that owns the folder; prints into the folder's log.
  pid_t run(std::vector<std::string> command) const {
    std::vector<char*> words;
    for (std::string& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    const std::string log = folder_ + "/log";
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child > 0) return child;
    if (uid_ != 0 && (::setgroups(1, &gid_) != 0 || ::setgid(gid_) != 0 || ::setuid(uid_) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(out, 1), ::dup2(out, 2);
    ::execv(words[0], words.data());
    ::_exit(127);
  }

  std::string folder_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t server_ = -1;
};

}  // namespace bidwell::testing
