// Replies out of bytes, in whatever pieces they come, and the bounds on them.
#include "redis/reply_reader.h"

#include <gtest/gtest.h>

#include "bidwell/redis/script.h"
#include "redis/backoff.h"
#include "redis/command_format.h"

namespace bidwell::redis {
namespace {

using Kind = Reply::Kind;

std::string describe(const Reply& reply) {
  switch (reply.kind()) {
    case Kind::nil: return "nil";
    case Kind::text: return "'" + std::string(reply.text()) + "'";
    case Kind::status: return "+" + std::string(reply.text());
    case Kind::error: return "-" + std::string(reply.text());
    case Kind::integer: return std::to_string(reply.integer());
    case Kind::array: break;
  }
  std::string parts = "[";
  for (std::size_t i = 0; i < reply.size(); ++i) parts += (i == 0 ? "" : " ") + describe(reply[i]);
  return parts + "]";
}

// All replies in pieces of `piece` bytes, and the fault.
std::string read(std::string_view bytes, std::size_t piece, std::size_t bytes_max = 1 << 20) {
  ReplyReader reader(bytes_max);
  std::string all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.feed(bytes.substr(0, piece));
    while (const auto reply = reader.next()) all += describe(*reply) + ";";
    if (!reader.fault().empty()) return all + "fault: " + reader.fault();
  }
  return all;
}

TEST(ReplyReader, AllKindsInAllPieces) {
  const std::string_view bytes =
      "+OK\r\n-ERR "
      "no\r\n:-12\r\n$3\r\na\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n$1\r\nx\r\n$-1\r\n*2\r\n:1\r\n+s\r\n:7\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(read(bytes, piece), "+OK;-ERR no;-12;'a\r\n';'';nil;nil;[];['x' nil [1 +s]];7;") << piece;
  }
}

TEST(ReplyReader, WrongQuestionsHaveEmptyAnswers) {
  ReplyReader reader(1000);
  reader.feed("*1\r\n:5\r\n");
  const auto reply = reader.next();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->text(), "");
  EXPECT_EQ(reply->integer(), 0);
  EXPECT_TRUE((*reply)[1].is_nil());
  EXPECT_TRUE((*reply)[0][0].is_nil());
  EXPECT_EQ((*reply)[0].size(), 0U);
  EXPECT_TRUE(Reply()[3].is_nil());
}

TEST(ReplyReader, Nonsense) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "*2000000000\r\n", "*-2\r\n", "$-2\r\n", "\r\n",
                            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    for (std::size_t piece : {1U, 3U, 1000U}) EXPECT_EQ(read(bytes, piece).substr(0, 6), "fault:") << bytes;
  }
}

TEST(ReplyReader, BoundsAReplysBytes) {
  const auto text_of = [](std::size_t size) {
    return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
  };
  EXPECT_EQ(read(text_of(900) + ":1\r\n", 100, 1000), "'" + std::string(900, 'x') + "';1;");
  EXPECT_EQ(read(text_of(2000), 100, 1000), "fault: a reply of too many bytes");
  // Each on its own.
  std::string many;
  for (int i = 0; i < 50; ++i) many += text_of(500);
  EXPECT_EQ(read(many, 100, 1000).find("fault"), std::string::npos);
  // Its parts together.
  EXPECT_EQ(read("*50\r\n" + many, 100, 1000), "fault: a reply of too many bytes");
}

TEST(ReplyReader, BoundsAReplysParts) {
  const std::string nested = "*" + std::to_string(ReplyReader::kPartsMax - 1) + "\r\n";
  EXPECT_EQ(read(nested + "*1\r\n", 1000), "");
  EXPECT_EQ(read(nested + "*2\r\n", 1000), "fault: a reply of too many parts");
}

TEST(ReplyReader, BoundsALine) {
  EXPECT_EQ(read("-" + std::string(ReplyReader::kLineBytesMax + 1000, 'x'), 1000, 1 << 30),
            "fault: a line without an end");
  EXPECT_EQ(read("$" + std::string(ReplyReader::kLineBytesMax + 1000, '1'), 1000, 1 << 30),
            "fault: a line without an end");
}

TEST(CommandFormat, WordsAreBinary) {
  std::string out;
  const std::string_view words[] = {"SET", std::string_view("\0\r\n", 3), ""};
  append_command(out, words);
  EXPECT_EQ(out, std::string("*3\r\n$3\r\nSET\r\n$3\r\n\0\r\n\r\n$0\r\n\r\n", 28));
}

TEST(Script, Sha1) {
  EXPECT_EQ(Script("").sha1(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Script("return 1").sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(Backoff, DoublesItsBoundAndStaysWithinIt) {
  using std::chrono::milliseconds;
  Backoff backoff(milliseconds(50), milliseconds(1000), 7);
  std::vector<milliseconds> longest(8);
  for (int i = 0; i < 2000; ++i) {
    backoff.reset();
    for (milliseconds& one : longest) {
      const milliseconds next = backoff.next();
      EXPECT_GE(next, milliseconds(1));
      one = std::max(one, next);
    }
  }
  const int bounds[] = {50, 100, 200, 400, 800, 1000, 1000, 1000};
  for (std::size_t i = 0; i < longest.size(); ++i) {
    EXPECT_LE(longest[i].count(), bounds[i]);
    EXPECT_GT(longest[i].count(), bounds[i] * 9 / 10);
  }
}

}  // namespace
}  // namespace bidwell::redis
