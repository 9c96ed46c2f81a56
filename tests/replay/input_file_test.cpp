// The same bytes come out of a file whatever it is compressed with, and one that breaks off says so.
#include "bidwell/replay/input_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/replay/capture_bytes.h"

namespace bidwell::replay {
namespace {

using testing::Folder;
using testing::gzip;
using testing::zstd;

// Compresses somewhat, and is longer than any buffer.
std::string long_text() {
  std::string text;
  for (unsigned i = 0; i < 120'000; ++i) text += std::to_string(i * 2'654'435'761u) + "\n";
  return text;
}

std::string all_of(InputFile& file, std::size_t at_once = 10'007) {
  std::string out, part(at_once, '\0');
  while (const std::size_t n = file.read(part.data(), part.size())) out.append(part, 0, n);
  return out;
}

TEST(InputFileTest, ReadsEveryForm) {
  const Folder folder;
  const std::string text = long_text(), half = text.substr(0, text.size() / 2), rest = text.substr(half.size());
  const std::string skippable{"\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11};
  const std::pair<std::string, std::string> forms[] = {
      {"plain", text},
      {"gzip", gzip(text)},
      {"gzip members", gzip(half) + gzip(rest)},
      {"gzip and zeros", gzip(text) + std::string(512, '\0')},
      {"zstd", zstd(text)},
      {"zstd frames", zstd(half) + zstd(rest)},
      {"zstd behind a skippable frame", skippable + zstd(text)},
  };
  for (const auto& [name, bytes] : forms) {
    InputFile file(folder.file("x", bytes));
    EXPECT_TRUE(text.starts_with(file.peek())) << name;
    EXPECT_GE(file.peek().size(), 24u) << name;
    EXPECT_EQ(all_of(file), text) << name;
    EXPECT_FALSE(file.torn()) << name;
    EXPECT_EQ(file.bytes_read(), bytes.size()) << name;
    EXPECT_EQ(file.bytes_of(), bytes.size()) << name;
  }
}

TEST(InputFileTest, SaysWhenItBreaksOff) {
  const Folder folder;
  const std::string text = long_text();
  for (const std::string& whole : {gzip(text), zstd(text), gzip(text) + gzip(text)}) {
    InputFile file(folder.file("x", whole.substr(0, whole.size() - 100)));
    const std::string got = all_of(file);
    EXPECT_TRUE(file.torn());
    EXPECT_GT(got.size(), text.size() / 2);
    EXPECT_TRUE((text + text).starts_with(got));
  }
}

TEST(InputFileTest, SaysWhenItIsDamaged) {
  const Folder folder;
  const std::string text = long_text();
  for (std::string whole : {gzip(text), zstd(text)}) {
    for (std::size_t at = whole.size() / 2; at < whole.size() / 2 + 64; ++at) whole[at] = '\x55';
    InputFile file(folder.file("x", whole));
    all_of(file);
    EXPECT_TRUE(file.torn());
    char more;
    EXPECT_EQ(file.read(&more, 1), 0u);
  }
  InputFile garbage(folder.file("y", gzip(text) + "garbage"));
  EXPECT_EQ(all_of(garbage), text);
  EXPECT_TRUE(garbage.torn());
}

TEST(InputFileTest, OfNothingIsNothing) {
  const Folder folder;
  for (const std::string& bytes : {std::string(), gzip(""), zstd("")}) {
    InputFile file(folder.file("x", bytes));
    std::string_view line;
    bool too_long;
    EXPECT_EQ(file.peek(), "");
    EXPECT_FALSE(file.line(line, 100, too_long));
    EXPECT_FALSE(file.torn());
  }
}

TEST(InputFileTest, GivesLines) {
  const Folder folder;
  for (const bool compressed : {false, true}) {
    const std::string text = "one\n\ntwo\r\n" + std::string(700'000, 'x') + "\nlast";
    InputFile file(folder.file("x", compressed ? gzip(text) : text));
    std::string_view line;
    bool too_long = true;
    const auto next = [&] { return file.line(line, 1'000'000, too_long) && !too_long; };
    file.peek();
    ASSERT_TRUE(next());
    EXPECT_EQ(line, "one");
    ASSERT_TRUE(next());
    EXPECT_EQ(line, "");
    ASSERT_TRUE(next());
    EXPECT_EQ(line, "two\r");
    ASSERT_TRUE(next());
    EXPECT_EQ(line, std::string(700'000, 'x'));
    ASSERT_TRUE(next());
    EXPECT_EQ(line, "last");
    EXPECT_FALSE(next());
  }
}

TEST(InputFileTest, SkipsWhatIsTooLong) {
  const Folder folder;
  InputFile file(folder.file("x", "12345\n123456\n" + std::string(700'000, 'x') + "\nab\n"));
  std::string_view line;
  bool too_long = true;
  ASSERT_TRUE(file.line(line, 5, too_long));
  EXPECT_EQ(line, "12345");
  EXPECT_FALSE(too_long);
  for (const char* begins : {"12345", "xxxxx"}) {
    ASSERT_TRUE(file.line(line, 5, too_long));
    EXPECT_EQ(line, begins);
    EXPECT_TRUE(too_long);
  }
  ASSERT_TRUE(file.line(line, 5, too_long));
  EXPECT_EQ(line, "ab");
  EXPECT_FALSE(too_long);
  EXPECT_FALSE(file.line(line, 5, too_long));
}

TEST(InputFileTest, IsAStreamToo) {
  const Folder folder;
  const std::string text = long_text();
  InputFile file(folder.file("x", zstd(text)));
  file.peek();
  std::FILE* stream = file.stream();
  std::string got(text.size() + 1, '\0');
  got.resize(std::fread(got.data(), 1, got.size(), stream));
  EXPECT_TRUE(std::feof(stream));
  std::fclose(stream);
  EXPECT_EQ(got, text);
}

TEST(InputFileTest, NamesWhatItCannotOpen) {
  const Folder folder;
  for (const auto& [path, what] : {std::pair{folder.path("none"), "No such file"}, {folder.path(""), "folder"}}) {
    try {
      InputFile file(path);
      ADD_FAILURE() << path;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

TEST(InputFileTest, APipeEndsWhenToldSo) {
  const Folder folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::FILE* writer = nullptr;
  std::thread opener([&] { writer = std::fopen(path.c_str(), "w"); });
  InputFile file(path);
  opener.join();
  ASSERT_NE(writer, nullptr);
  std::fputs("{\"id\":\"a line of some length\"}\n{", writer);
  std::fflush(writer);

  std::atomic<bool> stop{false};
  file.stop_by(&stop);
  std::string_view line;
  bool too_long;
  EXPECT_TRUE(file.line(line, 100, too_long));
  std::thread stopper([&] { stop = true; });
  EXPECT_TRUE(file.line(line, 100, too_long));  // would wait for ever: the writer is open
  EXPECT_EQ(line, "{");
  EXPECT_FALSE(file.torn());
  stopper.join();
  std::fclose(writer);
}

}  // namespace
}  // namespace bidwell::replay
