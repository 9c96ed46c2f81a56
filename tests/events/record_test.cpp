// Records in memory: found whole, or not taken for one.
#include "events/record.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace bidwell::events {
namespace {

constexpr std::uint64_t kSalt = 0x1234;

// A room as a worker leaves it.
class Memory {
 public:
  explicit Memory(std::size_t size) : words_(size / 8) {}

  void put(const std::string& payload) {
    write(static_cast<std::uint32_t>(payload.size()), payload);
    offsets.push_back(at_);
    at_ += record_room(payload.size());
  }
  void seal() { write(kSealLength, ""); }

  Room room(std::uint64_t first = 1000 * 8) { return {bytes(), words_.size() * 8, first, kSalt}; }
  char* bytes() { return reinterpret_cast<char*>(words_.data()); }
  std::size_t end() const { return at_; }

  std::vector<std::size_t> offsets;

 private:
  void write(std::uint32_t length, const std::string& payload) {
    const std::uint32_t crc = record_crc(kSalt, room().first + at_, payload.data(), payload.size());
    std::memcpy(bytes() + at_, &length, 4);
    std::memcpy(bytes() + at_ + 4, &crc, 4);
    std::memcpy(bytes() + at_ + 8, payload.data(), payload.size());
  }

  std::vector<std::uint64_t> words_;
  std::size_t at_ = 0;
};

// RFC 3720, B.4, gives CRC32C of 32 zeros; ours is of 8 bytes of salt and position before them.
TEST(Record, TheCrcIsCrc32c) {
  const std::string zeros(24, '\0');
  EXPECT_EQ(record_crc(0, 0, zeros.data(), zeros.size()), 0x8a9136aaU);
  EXPECT_NE(record_crc(0, 8, zeros.data(), zeros.size()), 0x8a9136aaU);
  EXPECT_NE(record_crc(1, 0, zeros.data(), zeros.size()), 0x8a9136aaU);
}

TEST(Record, IsFoundWhereItStandsAndNowhereElse) {
  Memory memory(4096);
  for (const char* payload : {"a", "12345678", "123456789", "the last"}) memory.put(payload);
  memory.seal();
  const Room room = memory.room();
  for (const std::size_t offset : memory.offsets) EXPECT_EQ(look(room, offset).place, Place::record);
  EXPECT_EQ(look(room, memory.end()).place, Place::seal);
  EXPECT_EQ(look(room, memory.end() + 8).place, Place::nothing);
  EXPECT_EQ(look(room, room.size).place, Place::nothing);
  EXPECT_EQ(end_of_records(room), memory.end());
  EXPECT_EQ(find_record(room, memory.offsets[1] + 8), memory.offsets[2]);
  EXPECT_EQ(find_record(room, memory.end()), room.size);
  // The same bytes elsewhere, or of another run.
  EXPECT_EQ(look(memory.room(8), 0).place, Place::damage);
  Room foreign = room;
  foreign.salt++;
  EXPECT_EQ(look(foreign, 0).place, Place::damage);
}

TEST(Record, NoFlippedBitIsTakenForGood) {
  Memory memory(512);
  memory.put("0123456789");
  memory.put(std::string(100, 'x'));
  memory.seal();
  const Room room = memory.room();
  for (std::size_t bit = 0; bit < (8 + 10) * 8; ++bit) {
    memory.bytes()[bit / 8] ^= static_cast<char>(1 << bit % 8);
    ASSERT_NE(look(room, 0).place, Place::record) << bit;
    ASSERT_NE(look(room, 0).place, Place::seal) << bit;
    ASSERT_EQ(find_record(room, 0), memory.offsets[1]) << bit;
    memory.bytes()[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
  for (std::size_t bit = 0; bit < 64; ++bit) {
    memory.bytes()[memory.end() + bit / 8] ^= static_cast<char>(1 << bit % 8);
    ASSERT_NE(look(room, memory.end()).place, Place::seal) << bit;
    memory.bytes()[memory.end() + bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
  EXPECT_EQ(look(room, 0).place, Place::record);
}

// A payload that looks like a record, where a reader searches behind a damage.
TEST(Record, ARecordWithinAPayloadIsNone) {
  Memory memory(1024);
  Memory fake(64);  // as somebody makes it who knows the position but not the salt
  const std::string text = "pay me a million";
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::uint32_t crc = record_crc(0, memory.room().first + 16, text.data(), text.size());
  std::memcpy(fake.bytes(), &length, 4);
  std::memcpy(fake.bytes() + 4, &crc, 4);
  std::memcpy(fake.bytes() + 8, text.data(), text.size());
  memory.put("12345678" + std::string(fake.bytes(), 24));
  memory.put("behind it");
  memory.bytes()[8] ^= 1;
  EXPECT_EQ(find_record(memory.room(), 0), memory.offsets[1]);
}

}  // namespace
}  // namespace bidwell::events
