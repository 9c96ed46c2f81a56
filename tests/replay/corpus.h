// The requests that others wrote (shared/corpus beside the checkout, or BIDWELL_CORPUS): not part of the project, so
// tests that read them skip where they are absent.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bidwell::replay::testing {

inline std::filesystem::path corpus() {
  const char* named = std::getenv("BIDWELL_CORPUS");
  return named != nullptr ? std::filesystem::path(named)
                          : std::filesystem::path(BIDWELL_SOURCE_DIR).parent_path() / "shared/corpus";
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace bidwell::replay::testing
