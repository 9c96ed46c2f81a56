// What a file is, by its first bytes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "tests/replay/written.h"

namespace bidwell::replay {
namespace {

using testing::all_of;
using testing::Folder;

std::string fault(const std::string& where) {
  try {
    open_requests(where, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(OpenRequestsTest, CapturesOfEitherByteOrderAndPrecision) {
  const Folder folder;
  // A file's head without packets: version 2.4, snaplen 65535, Ethernet.
  const std::string rest("\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0", 20);
  const std::string swapped("\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\x01", 20);
  for (const std::string& head : {"\xd4\xc3\xb2\xa1" + rest, "\x4d\x3c\xb2\xa1" + rest, "\xa1\xb2\xc3\xd4" + swapped,
                                  "\xa1\xb2\x3c\x4d" + swapped}) {
    EXPECT_EQ(all_of(folder.write("a.pcap", head)).requests.size(), 0u);
  }
  const std::string section(
      "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0", 28);
  EXPECT_EQ(all_of(folder.write("a.pcapng",
                                section + std::string("\x01\0\0\0\x14\0\0\0\x01\0\0\0\xff\xff\0\0\x14\0\0\0", 20)))
                .requests.size(),
            0u);
}

TEST(OpenRequestsTest, LinesAlsoWhereTheFirstIsDamaged) {
  const Folder folder;
  const auto [requests, losses] = all_of(folder.write("a", "\"},{\n\n {\"id\":\"1\"}\n"));
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_EQ(losses.of(Loss::line_malformed), 1u);
}

// As standard input: who holds its other end open and writes nothing does not hold us.
TEST(OpenRequestsTest, APipeOfLinesEndsWhenStopped) {
  const Folder folder;
  const std::string file = folder.file("pipe");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  const int writer = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  const std::string line = "{\"id\":\"1\",\"imp\":[{\"id\":\"1\"}]}\n";
  ASSERT_EQ(::write(writer, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  std::atomic<bool> stop{false};
  SourceOptions options;
  options.packets.stop = &stop;
  const auto source = open_requests(file, options);
  CapturedRequest request;
  EXPECT_EQ(source->next(request), Next::one);
  stop = true;
  EXPECT_EQ(source->next(request), Next::end);
  ::close(writer);
}

TEST(OpenRequestsTest, SaysWhatElseItLooksLike) {
  const Folder folder;
  using namespace std::string_literals;
  for (const auto& [bytes, words] :
       std::vector<std::pair<std::string, std::string>>{{"", "is empty"},
                                                        {"[{\"id\":1}]", "jq -c"},
                                                        {"PK\x03\x04...", "zip"},
                                                        {"BZh91AY", "bzip2"},
                                                        {"\xfd"
                                                         "7zXZ\0"s,
                                                         "xz"},
                                                        {"\x7f"
                                                         "ELF",
                                                         "a program"},
                                                        {"snoop\0\0\0\0\0\0\x02"s, "snoop"},
                                                        {"POST /bid HTTP/1.1\r\nHost: x\r\n\r\n{}", "HTTP as such"},
                                                        {"id,bid\n1,2\n", "text that begins \"id,bid"},
                                                        {"1 2 3 x\n", "text that begins"},
                                                        {"\x01\x02\x03\x04", "binary"}}) {
    const std::string file = folder.write("a", bytes);
    const std::string what = fault(file);
    EXPECT_NE(what.find(words), std::string::npos) << what;
    EXPECT_NE(what.find(file), std::string::npos) << what;
    EXPECT_NE(what.find("goreplay"), std::string::npos) << what;
  }
  EXPECT_NE(fault(folder.file("none")).find("none"), std::string::npos);
}

}  // namespace
}  // namespace bidwell::replay
