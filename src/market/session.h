// One run: the loop that asks, holds auctions and sends notices, on one thread. See bidwell/market/market.h.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bidwell/market/market.h"
#include "bidwell/replay/client.h"
#include "market/answer.h"
#include "market/ask.h"
#include "market/auction.h"
#include "market/bidders.h"
#include "market/book.h"
#include "market/notices.h"
#include "market/random.h"

namespace bidwell::market {

class Session final : public replay::AnswerSink {
 public:
  using Time = replay::SteadyTime;

  Session(const Options& options, std::uint64_t run, std::unique_ptr<AskSource> asks);
  // Until the last auction is over and no notice waits.
  void run(const std::atomic<bool>& stop, const std::function<void(const Progress&)>& progress);
  const OwnBook& book() const noexcept { return book_; }
  Result result() const;

 private:
  // A bid in an auction that is not over.
  struct Offer {
    std::uint32_t bid = 0;  // its place in the book
    std::uint32_t bidder = 0;
    std::size_t imp = 0;
    OfferedBid offered;
    std::string currency;
    Micros price = 0;  // in the auction's currency
    bool takes_part = false;
    int loss = 0;  // why not
  };
  struct Auction {
    Ask ask;
    std::uint64_t number = 0;
    std::size_t waiting = 0;  // for answers
    bool live = false, held = false;
    std::vector<std::size_t> connections;  // by bidder, where asked
    std::vector<Offer> offers;
  };
  // An answer that came and was not looked at.
  struct Arrived {
    std::uint64_t tag = 0;
    replay::Outcome outcome{};
    unsigned status = 0;
    std::string body;
    std::int64_t content_length = -1;
    Time sent{}, done{};
  };

  void answered(const replay::Answer& answer) override;

  void start_auctions(Time now, const std::atomic<bool>& stop);
  bool start_auction(Time now);
  void ask(Auction& auction, std::uint32_t slot, std::uint32_t bidder, Time now);
  void take_arrived(Time until);
  void take_answer(const Arrived& arrived);
  bool read_offers(Auction& auction, std::uint32_t bidder, const Arrived& arrived, bool late);
  bool valid(const Auction& auction, const Arrived& arrived);
  void add_offer(Auction& auction, std::uint32_t bidder, const std::string& currency, OfferedBid&& bid, int loss);
  void hold_overdue(Time now);
  void hold(Auction& auction);
  void hold_impression(Auction& auction, std::size_t imp);
  void report_win(const Auction& auction, const Offer& offer, const Sale& sale);
  void report_loss(const Auction& auction, const Offer& offer, int reason, const Sale& sale);
  void plan(const Auction& auction, const Offer& offer, Kind kind, const std::string& url, Micros price,
            std::optional<Micros> min_to_win, int loss, std::chrono::duration<double, std::milli> delay);
  void send_notices(Time now);
  void take_notice(const Arrived& arrived);
  Time next_due() const;
  bool over() const noexcept;
  void tell(const std::function<void(const Progress&)>& progress, Time now);
  Time due(std::uint64_t number) const;

  const Options options_;
  const Rates rates_;
  std::unique_ptr<AskSource> asks_;
  OwnBook book_;
  Random chance_;  // of rivals, outcomes and notices
  NoticeQueue notices_;
  std::vector<std::unique_ptr<Bidder>> bidders_;
  std::unique_ptr<replay::Client> client_;

  std::deque<Auction> auctions_;
  std::vector<std::uint32_t> free_auctions_;
  std::deque<std::pair<Time, std::pair<std::uint32_t, std::uint64_t>>> deadlines_;  // slot and number; in order
  std::deque<Arrived> arrived_;  // at most as many as there are connections
  struct OnItsWay {
    std::uint32_t bidder = 0;
    std::size_t connection = 0;
  };
  std::vector<OnItsWay> on_their_way_;  // notices, by ticket
  std::string bytes_;

  Time started_{};
  Time told_{};
  std::uint64_t started_auctions_ = 0;
  std::size_t turn_ = 0;
  bool asking_ = true;
  Result result_;
};

}  // namespace bidwell::market
