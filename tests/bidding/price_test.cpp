// What a bid costs: never less than the floor once both are in the answer's currency.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/bidding/fixture.h"

namespace bidwell::bidding {
namespace {

using testing::campaign;

// An amount in micros at a rate, compared without rounding: a * from <=> b * to in units of USD.
__extension__ using Wide = __int128;
bool at_least(Micros price, const Currency& in, Micros floor, const Currency& of) {
  return static_cast<Wide>(price) * of.nanos_per_usd >= static_cast<Wide>(floor) * in.nanos_per_usd;
}
bool at_most(Micros price, const Currency& in, Micros value, const Currency& of) {
  return static_cast<Wide>(price) * of.nanos_per_usd <= static_cast<Wide>(value) * in.nanos_per_usd;
}

struct World {
  CurrencyTable currencies;
  std::shared_ptr<const catalog::Snapshot> snapshot;
};

TEST(Price, IsBetweenTheFloorAndTheValueInEveryCurrency) {
  int bids = 0, refusals = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const auto uniform = [&](double low, double high) {
      return std::exp(std::uniform_real_distribution<double>(std::log(low), std::log(high))(random));
    };
    // Three currencies at odd rates: the campaign's, the floor's, the answer's.
    World world;
    for (const char* code : {"AAA", "BBB", "CCC"}) ASSERT_TRUE(world.currencies.set(code, uniform(0.001, 10'000)));
    const Currency &ours = *world.currencies.find("AAA"), &theirs = *world.currencies.find("BBB"),
                   &answer = *world.currencies.find("CCC");
    const double usd = uniform(0.0001, 50);
    const double price = std::clamp(usd * static_cast<double>(ours.nanos_per_usd) / 1e9, 0.000001, 200'000.0);
    const bool deal = seed % 3 == 0;
    Json json = campaign("c", Json{{"currency", "AAA"}, {"bid", {{"price", price}}}}.dump());
    if (deal) json["targeting"] = {{"deal", {"d"}}};
    catalog::Loaded loaded = catalog::load_campaigns(catalog::testing::file({json}).dump(), world.currencies);
    ASSERT_EQ(catalog::testing::text_of(loaded.faults), "");
    const Micros value = loaded.campaigns[0].value();
    world.snapshot = catalog::Snapshot::compile(std::move(loaded.campaigns), world.currencies);

    // Floors about as high as the value, and often within a micro of it.
    openrtb::BidRequest request;
    const std::string_view cur[] = {"CCC"};
    request.cur = cur;
    openrtb::Imp imp;
    imp.id = "1";
    imp.banner.present = true;
    imp.banner.w = 300;
    imp.banner.h = 250;
    openrtb::Deal offered;
    offered.id = "d";
    offered.at = seed % 2 == 0 ? 3 : openrtb::kAbsent;
    openrtb::Floor& floor = deal ? offered.bidfloor : imp.bidfloor;
    floor.state = openrtb::Floor::State::read;
    floor.currency = "BBB";
    const Micros same = convert(value, ours, theirs, Rounding::down);
    floor.micros =
        std::max<Micros>(0, seed % 2 == 0 ? same + static_cast<Micros>(random() % 5) - 2
                                          : static_cast<Micros>(static_cast<double>(same) * uniform(0.5, 2)));
    if (deal) imp.deals = {&offered, 1};
    request.imp = {&imp, 1};

    Terms terms;
    terms.currencies = &world.currencies;
    Workspace workspace;
    const auto counters = std::make_unique<ReasonCounters>();
    const Decision decision = decide(request, {}, terms, *world.snapshot, nullptr, testing::kNow, workspace, *counters);
    SCOPED_TRACE(fmt::format("seed {}: value {} floor {} at {} {} {}", seed, value, floor.micros, ours.nanos_per_usd,
                             theirs.nanos_per_usd, answer.nanos_per_usd));
    if (decision.choices.empty()) {
      ++refusals;
      // Two roundings may cost a bid that is less than two micros of the answer's currency above
      // the floor.
      const Micros worth = convert(value, ours, answer, Rounding::up);
      const Micros wanted = convert(floor.micros, theirs, answer, Rounding::down);
      ASSERT_LE(worth, wanted + 2);
      continue;
    }
    ++bids;
    const Micros paid = decision.choices[0].price;
    ASSERT_EQ(decision.currency, "CCC");
    ASSERT_GT(paid, 0);
    ASSERT_TRUE(at_least(paid, answer, floor.micros, theirs)) << paid;
    ASSERT_TRUE(at_most(paid, answer, value, ours)) << paid;
  }
  EXPECT_GT(bids, 700);
  EXPECT_GT(refusals, 700);
}

}  // namespace
}  // namespace bidwell::bidding
