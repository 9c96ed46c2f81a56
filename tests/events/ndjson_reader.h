// What tests of the NDJSON sink share: a folder, journals that are made up, and the reading of what stands in place.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bidwell/events/ndjson.h"

namespace bidwell::events::testing {

class Folder {
 public:
  Folder() {
    // In memory where there is such a place: what a disk takes for a sync is not what is tested.
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    const std::filesystem::path place = in_memory ? "/dev/shm" : std::filesystem::temp_directory_path();
    std::string name = (place / "bidwell-events-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// All members of a gzip file, with zlib's own reader; throws where it is cut.
inline std::string gunzip(const std::filesystem::path& path) {
  const gzFile file = ::gzopen(path.c_str(), "rb");
  std::string all;
  std::array<char, 65536> some;
  int size = 0;
  while ((size = ::gzread(file, some.data(), some.size())) > 0) all.append(some.data(), static_cast<std::size_t>(size));
  if (::gzclose(file) != Z_OK || size != 0) throw std::runtime_error("no whole gzip file: " + path.string());
  return all;
}

// All frames; throws where the last is cut.
inline std::string unzstd(const std::filesystem::path& path) {
  const std::string bytes = read_bytes(path);
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string all;
  std::size_t left = 0;
  while (in.pos < in.size) {
    std::array<char, 65536> some;
    ZSTD_outBuffer out{some.data(), some.size(), 0};
    left = ::ZSTD_decompressStream(context.get(), &out, &in);
    if (::ZSTD_isError(left) != 0) throw std::runtime_error("no zstd file: " + path.string());
    all.append(some.data(), out.pos);
  }
  if (left != 0) throw std::runtime_error("no whole zstd file: " + path.string());
  return all;
}

// Files that readers of the directory would see, by their path within it; text after decompression.
inline std::map<std::string, std::string> visible_files(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> files;
  for (fs::recursive_directory_iterator at(directory), end; at != end; ++at) {
    if (at->path().filename().string().front() == '_') {
      at.disable_recursion_pending();
    } else if (at->is_regular_file()) {
      const std::string extension = at->path().extension();
      std::string text = extension == ".gz"    ? gunzip(at->path())
                         : extension == ".zst" ? unzstd(at->path())
                                               : read_bytes(at->path());
      files[fs::relative(at->path(), directory)] = std::move(text);
    }
  }
  return files;
}

inline std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) throw std::runtime_error("a line without an end: " + text.substr(at));
    lines.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

// How often each event stands in the directory, by the number in its auction_id. Each must stand in its hour's folder.
inline std::map<std::uint64_t, int> count_events(const std::filesystem::path& directory) {
  std::map<std::uint64_t, int> counts;
  for (const auto& [path, text] : visible_files(directory)) {
    const auto lines = lines_of(text);
    EXPECT_FALSE(lines.empty()) << path;
    for (const auto& line : lines) {
      const std::string at = line.at("at");
      EXPECT_TRUE(path.starts_with("dt=" + at.substr(0, 10) + "/hour=" + at.substr(11, 2) + "/")) << path << ' ' << at;
      ++counts[std::stoull(line.at("auction_id").get<std::string>())];
    }
  }
  return counts;
}

// Journals as a shipper would read them: of each, `events` bids in records of 10 bytes, none twice.
class MadeUpJournals {
 public:
  static constexpr std::uint64_t kRecord = 10;
  static constexpr std::int64_t kHour = 3'600'000'000;

  MadeUpJournals(unsigned journals, std::uint64_t events, std::int64_t us_between = 1'000'000)
      : events_(events), us_between_(us_between) {
    for (unsigned i = 0; i < journals; ++i) names_.push_back("run/" + std::to_string(i));
    for (std::uint64_t i = 0; i < journals * events; ++i) ids_.push_back(std::to_string(i));
  }

  const std::vector<std::string>& names() const { return names_; }
  std::uint64_t total() const { return ids_.size(); }
  std::uint64_t end() const { return events_ * kRecord; }

  // Up to `count` events of each journal from `positions` on, which move.
  Batch batch(std::vector<std::uint64_t>& positions, std::uint64_t count) const {
    Batch batch;
    for (std::size_t journal = 0; journal < names_.size(); ++journal) {
      const std::uint64_t from = positions[journal], to = std::min(end(), from + count * kRecord);
      if (from == to) continue;
      for (std::uint64_t at = from; at < to; at += kRecord) {
        Event event;
        event.auction_id = ids_[journal * events_ + at / kRecord];
        event.at_us = 1'795'000'000'000'000 + static_cast<std::int64_t>(at / kRecord) * us_between_;
        batch.rows.push_back({event, "0123456789", at, static_cast<std::uint32_t>(batch.advances.size())});
      }
      batch.advances.push_back({names_[journal], from, to});
      positions[journal] = to;
    }
    return batch;
  }

 private:
  const std::uint64_t events_;
  const std::int64_t us_between_;
  std::vector<std::string> names_, ids_;
};

// Expects each event to stand there once.
inline void expect_each_once(const std::filesystem::path& directory, const MadeUpJournals& journals) {
  const auto counts = count_events(directory);
  EXPECT_EQ(counts.size(), journals.total());
  for (const auto& [event, count] : counts) ASSERT_EQ(count, 1) << event;
}

}  // namespace bidwell::events::testing
