// What a bidder needs to sign its notices and to record its bids, and how tests read both back.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "bidwell/events/journals.h"
#include "bidwell/exchange/bid_handler.h"
#include "tests/profile/folder.h"

namespace bidwell::exchange::testing {

inline constexpr char kNoticeUrl[] = "https://bid.example:8443/n";
inline constexpr char kMarkupUrl[] = "https://px.example";

// Keys for tokens and one worker's journal in a folder of its own.
class BidRecords {
 public:
  explicit BidRecords(std::uint64_t allowance_bytes = 64 << 20)
      : keys({{7, "a secret for the tests"}}),
        journals_(options(folder_ / "journals", allowance_bytes)),
        journal(journals_.add_worker()) {
    journals_.add_reader();
    journals_.start();
  }

  // Adds what is missing in the handler's options.
  void sign_and_record(BidHandler::Options& options) {
    options.keys = &keys;
    options.notice_url = kNoticeUrl;
    options.markup_url = kMarkupUrl;
    options.journal = &journal;
  }

  // All that was recorded. They point into the journal, which keeps them.
  std::vector<events::Event> events() const {
    std::vector<events::Journals::Record> records;
    for (const std::string& name : journals_.names()) {
      for (std::uint64_t from = 0;;) {
        const std::uint64_t next = journals_.read(name, from, 1 << 20, records);
        if (next == from) break;
        from = next;
      }
    }
    std::vector<events::Event> all;
    for (const events::Journals::Record& record : records) {
      EXPECT_TRUE(events::decode(record.bytes, all.emplace_back())) << "at " << record.position;
    }
    return all;
  }

  const TokenKeys keys;

 private:
  static events::JournalOptions options(const std::string& directory, std::uint64_t allowance_bytes) {
    events::JournalOptions options;
    options.directory = directory;
    options.segment_bytes = 1 << 20;
    options.allowance_bytes = allowance_bytes;
    options.fsync = events::Fsync::never;
    return options;
  }

  profile::testing::Folder folder_;
  events::Journals journals_;

 public:
  events::Journal& journal;
};

// The token of each URL in `text` that begins with `base`, and what it says; the texts of one are valid until the next.
class SeenToken {
 public:
  SeenToken(const TokenKeys& keys, std::string_view text, Audience audience)
      : error(keys.verify(text, audience, scratch_, token)) {}
  SeenToken(const SeenToken&) = delete;

 private:
  TokenKeys::Scratch scratch_;

 public:
  BidToken token;
  const TokenError error;
};

// What follows `begin` in `text` wherever it stands, up to what no token contains.
inline std::vector<std::string> tokens_after(std::string_view text, const std::string& begin) {
  std::vector<std::string> all;
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string_view::npos;) {
    at += begin.size();
    const std::size_t end =
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", at);
    all.emplace_back(text.substr(at, end - at));
  }
  return all;
}

}  // namespace bidwell::exchange::testing
