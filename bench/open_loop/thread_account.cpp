#include "open_loop/thread_account.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace bidwell::open_loop {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

ThreadAccount operator-(const ThreadAccount& a, const ThreadAccount& b) noexcept {
  return {a.running - b.running,
          a.waiting - b.waiting,
          a.switches_voluntary - b.switches_voluntary,
          a.switches_involuntary - b.switches_involuntary,
          a.faults_minor - b.faults_minor,
          a.faults_major - b.faults_major};
}

pid_t find_worker(pid_t bidder) {
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", bidder))) {
    if (first_line(task.path() / "comm") == "http-0") return std::stoi(task.path().filename());
  }
  throw std::runtime_error(fmt::format("process {} has no thread http-0", bidder));
}

ThreadAccount read_thread_account(pid_t process, pid_t thread) {
  const std::filesystem::path task = fmt::format("/proc/{}/task/{}", process, thread);
  ThreadAccount out;
  std::int64_t running = 0, waiting = 0;
  std::istringstream(first_line(task / "schedstat")) >> running >> waiting;
  out.running = std::chrono::nanoseconds(running);
  out.waiting = std::chrono::nanoseconds(waiting);

  // Fields 10 and 12; the name before them may hold blanks, and ends at the last ')'.
  const std::string stat = first_line(task / "stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 10; ++field) fields >> skipped;
  fields >> out.faults_minor >> skipped >> out.faults_major;

  std::ifstream status(task / "status");
  for (std::string key; status >> key; std::getline(status, skipped)) {
    if (key == "voluntary_ctxt_switches:") status >> out.switches_voluntary;
    if (key == "nonvoluntary_ctxt_switches:") status >> out.switches_involuntary;
  }
  return out;
}

}  // namespace bidwell::open_loop
