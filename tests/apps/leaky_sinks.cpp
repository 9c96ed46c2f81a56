// In place of the bidder's own sinks: PostgreSQL with the journals' positions stored in a transaction of their own,
// before the rows. A bidder that is killed between the two has lost the rows, which the test of nothing being lost must
// notice.
#include <thread>

#include "apps/event_sinks.h"

namespace bidwell::apps {
namespace {

class LeakySink final : public events::Sink {
 public:
  explicit LeakySink(events::PostgresSinkOptions options) : sink_(std::move(options)) {}

  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override {
    return sink_.positions(journals);
  }
  void take(const events::Batch& batch) override {
    events::Batch positions, rows;
    positions.advances = batch.advances;
    sink_.take(positions);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // a moment that some kill will hit
    rows.rows = batch.rows;
    for (events::Advance advance : batch.advances) {
      advance.from = advance.to;
      rows.advances.push_back(advance);
    }
    sink_.take(rows);
  }
  std::uint64_t stored(std::string_view journal) const override { return sink_.stored(journal); }
  void tend(std::chrono::system_clock::time_point now) override { sink_.tend(now); }
  void finish() override { sink_.finish(); }

 private:
  events::PostgresSink sink_;
};

}  // namespace

std::vector<NamedSink> make_sinks(const ops::Config& config, std::uint64_t) {
  events::PostgresSinkOptions options = config.events.postgres;
  options.url = config.postgres_url;
  std::vector<NamedSink> sinks;
  sinks.push_back({"leaky", std::make_unique<LeakySink>(std::move(options)), [] { return std::string(); }});
  return sinks;
}

void warn_of_events(const std::string&) {}

}  // namespace bidwell::apps
