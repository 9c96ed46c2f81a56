// Reads the files of sink `ndjson`: <directory>/dt=YYYY-MM-DD/hour=HH/*.ndjson[.gz|.zst]. Names that begin with '_' are
// the sink's own affair.
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "market/books.h"
#include "bidwell/replay/input_file.h"

namespace bidwell::market {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// Longer than any event that is one.
constexpr std::size_t kLineMax = 1 << 20;

// "dt=2026-11-23/hour=21", which sorts by time.
std::string hour_folder(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "dt=%Y-%m-%d/hour=%H", &utc);
  return {text, size};
}

std::string_view text_of(const Json& event, const char* key) {
  const auto at = event.find(key);
  return at != event.end() && at->is_string() ? std::string_view(at->get_ref<const std::string&>())
                                              : std::string_view();
}

std::optional<std::int64_t> number_of(const Json& event, const char* key) {
  const auto at = event.find(key);
  return at != event.end() && at->is_number_integer() ? std::optional(at->get<std::int64_t>()) : std::nullopt;
}

class Files final : public Books {
 public:
  Files(const std::string& directory, const BooksOf& of) : directory_(directory), of_(of) {
    if (!fs::is_directory(directory)) throw std::runtime_error(directory + " is no folder of events");
  }

  std::string name() const override { return directory_; }
  bool stores_repeats() const override { return true; }
  bool has(std::uint64_t, std::uint64_t) override { return true; }

  void read(Comparison& comparison) override {
    const std::vector<std::string> files = list();
    for (const std::string& file : files) each(file, true, comparison);
    for (const std::string& file : files) each(file, false, comparison);
  }

 private:
  std::vector<std::string> list() const {
    const std::string first = hour_folder(of_.since);
    std::vector<std::string> files;
    for (const auto& day : fs::directory_iterator(directory_)) {
      if (!day.path().filename().string().starts_with("dt=")) continue;
      for (const auto& hour : fs::directory_iterator(day.path())) {
        const std::string name = day.path().filename().string() + "/" + hour.path().filename().string();
        if (name < first) continue;
        for (const auto& file : fs::directory_iterator(hour.path())) {
          if (file.path().filename().string().find(".ndjson") != std::string::npos) files.push_back(file.path());
        }
      }
    }
    return files;
  }

  // Its bids, or its notices.
  void each(const std::string& path, bool bids, Comparison& comparison) const {
    replay::InputFile file(path);
    std::string_view line;
    for (bool too_long = false; file.line(line, kLineMax, too_long);) {
      const Json event = Json::parse(line, nullptr, false);
      if (!event.is_object() || too_long) throw std::runtime_error(path + ": a line is no event");
      if (text_of(event, "exchange") != of_.exchange || (text_of(event, "kind") == "bid") != bids) continue;
      bids ? give_bid(event, comparison) : give_notice(event, comparison);
    }
    if (file.torn()) throw std::runtime_error(path + " is torn");
  }
  void give_bid(const Json& event, Comparison& comparison) const {
    if (!text_of(event, "auction_id").starts_with(of_.auction_prefix)) return;
    comparison.bid({text_of(event, "bid_id"), text_of(event, "auction_id"), text_of(event, "imp_id"),
                    text_of(event, "campaign_id"), text_of(event, "currency"),
                    number_of(event, "price_micros").value_or(-1),
                    static_cast<std::uint32_t>(number_of(event, "sample_ppm").value_or(1'000'000))});
  }
  static void give_notice(const Json& event, Comparison& comparison) {
    comparison.notice({text_of(event, "bid_id"), text_of(event, "kind"), text_of(event, "campaign_id"),
                       text_of(event, "currency"), number_of(event, "price_micros")});
  }

  const std::string directory_;
  const BooksOf of_;
};

}  // namespace

std::unique_ptr<Books> open_ndjson(const std::string& directory, const BooksOf& of) {
  return std::make_unique<Files>(directory, of);
}

}  // namespace bidwell::market
