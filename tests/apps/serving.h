// A bidder that serves: the executable, and where it listens.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/apps/process.h"
#include "tests/apps/workplace.h"

namespace bidwell::apps::testing {

class Serving {
 public:
  explicit Serving(const Workplace& place, std::vector<std::string> more = {}, const Variables& variables = {},
                   const std::string& executable = BIDWELL_EXECUTABLE)
      : process_(command(executable, place, std::move(more)), variables) {
    address_ = next_address();
  }

  Process& process() { return process_; }
  const std::string& address() const { return address_; }
  // Of one more listener.
  std::string next_address() {
    const std::string line = process_.wait_for("listening on ");
    const std::size_t at = line.find("listening on ") + 13;
    return line.substr(at, line.find('\n', at) - at);
  }

 private:
  static std::vector<std::string> command(const std::string& executable, const Workplace& place,
                                          std::vector<std::string> more) {
    std::vector<std::string> words = {executable, "serve", "--config", place.config()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Process process_;
  std::string address_;
};

}  // namespace bidwell::apps::testing
