// Files for tests to read, and all that a source gives of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bidwell/replay/request.h"

namespace bidwell::replay::testing {

// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-replay-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

struct All {
  std::vector<CapturedRequest> requests;
  Losses losses;
};

inline All all_of(const std::string& where, const SourceOptions& options = {}) {
  All out;
  const auto source = open_requests(where, options);
  CapturedRequest request;
  while (source->next(request) == Next::one) out.requests.push_back(std::move(request));
  out.losses = source->losses();
  EXPECT_EQ(source->next(request), Next::end);  // and stays at it
  return out;
}

inline void expect_same(const CapturedRequest& got, const CapturedRequest& expected) {
  EXPECT_EQ(got.at_ns, expected.at_ns);
  EXPECT_EQ(got.flow, expected.flow);
  EXPECT_EQ(got.method, expected.method);
  EXPECT_EQ(got.target, expected.target);
  EXPECT_EQ(got.headers, expected.headers);
  EXPECT_EQ(got.body, expected.body);
  EXPECT_EQ(got.cut_off, expected.cut_off);
  ASSERT_EQ(got.answer.has_value(), expected.answer.has_value());
  if (!got.answer) return;
  EXPECT_EQ(got.answer->at_ns, expected.answer->at_ns);
  EXPECT_EQ(got.answer->status, expected.answer->status);
  EXPECT_EQ(got.answer->headers, expected.answer->headers);
  EXPECT_EQ(got.answer->body, expected.answer->body);
}

}  // namespace bidwell::replay::testing
