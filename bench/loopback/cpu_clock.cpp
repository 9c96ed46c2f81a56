// See cpu_clock.h. The total comes from each process's CPU clock: unlike the sum of its threads'
// schedstat it includes threads that have ended and what a running one has used since the last
// tick.
#include "cpu_clock.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bidwell::loopback {
namespace {

void add_process(pid_t pid, CpuTime& sum) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return;
  sum.total += std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);

  // Fields 14 and 15; the command's name before them may hold blanks, and ends at the last ')'.
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  sum.user_ticks += user;
  sum.system_ticks += system;
}

void add_tree(pid_t pid, CpuTime& sum) {
  add_process(pid, sum);
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) add_tree(child, sum);
  }
}

}  // namespace

CpuTime operator-(const CpuTime& a, const CpuTime& b) noexcept {
  return {a.total - b.total, a.user_ticks - b.user_ticks, a.system_ticks - b.system_ticks};
}

CpuTime read_cpu_time(pid_t pid) {
  CpuTime sum;
  add_tree(pid, sum);
  if (sum.total.count() == 0) throw std::runtime_error(fmt::format("process {} is gone", pid));
  return sum;
}

CoreTime operator-(const CoreTime& a, const CoreTime& b) noexcept {
  return {a.busy - b.busy, a.stolen - b.stolen};
}

CoreTime read_core_time(int core) {
  std::ifstream file("/proc/stat");
  const std::string wanted = fmt::format("cpu{}", core);
  const std::int64_t ns_per_tick = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    fields >> name;
    if (name != wanted) continue;
    std::int64_t user = 0, nice = 0, system = 0, idle = 0, io = 0, irq = 0, softirq = 0, steal = 0;
    fields >> user >> nice >> system >> idle >> io >> irq >> softirq >> steal;
    return {std::chrono::nanoseconds((user + nice + system + irq + softirq) * ns_per_tick),
            std::chrono::nanoseconds(steal * ns_per_tick)};
  }
  return {};
}

std::chrono::nanoseconds read_own_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace bidwell::loopback
