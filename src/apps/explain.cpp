// bidwell explain: why each campaign did or did not bid on a request, as a table or as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>

#include "apps/commands.h"
#include "apps/ledger_view.h"
#include "apps/profile_places.h"
#include "apps/setup.h"
#include "bidwell/bidding/explain.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/core/hash.h"
#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/privacy.h"
#include "bidwell/profile/profile.h"

namespace bidwell::apps {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::optional<std::string> read_request(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) {
      fmt::print(stderr, "bidwell explain: cannot read the request {}: {}\n", path, std::strerror(errno));
      return std::nullopt;
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

const exchange::ExchangeOptions* choose_exchange(const ops::Config& config, const std::string& name) {
  for (const auto& known : config.exchanges) {
    if (name.empty() || known.name == name) return &known;
  }
  fmt::print(stderr, "bidwell explain: there is no exchange \"{}\" in the configuration\n", name);
  return nullptr;
}

// What is known of the request's user, from the first place that knows it, in the order in which serving asks.
struct KnownUser {
  std::string key;            // empty: the request names nobody, or may not
  std::string place;          // empty: nobody knows him
  std::string bytes;          // of his profile
  std::string history;        // as profile::History::of() takes it
  std::string history_fault;  // why what he was shown is not known; empty: it is
  profile::Profile profile() const { return profile::Profile::parse(bytes).value_or(profile::Profile()); }
  profile::History shown() const {
    return key.empty() || !history_fault.empty() ? profile::History() : profile::History::of(history);
  }
};

// Without Redis it is in the memory of the bidder.
void find_history(const ops::Config& config, const cache::Key& key, KnownUser& user) {
  try {
    const auto place = history_place(config);
    if (!place) return;
    if (const auto standing = place->find(key)) user.history = standing->profile;
  } catch (const std::exception& error) {
    user.history_fault = error.what();
  }
}

KnownUser find_user(const ops::Config& config, const openrtb::BidRequest& request, const std::string& exchange) {
  KnownUser user;
  const auto key = key_maker(config).key_of(request, exchange);
  if (!key) return user;
  user.key = cache::key_text(*key);
  find_history(config, *key, user);
  std::vector<std::string> places = configured_places(config);
  std::reverse(places.begin(), places.end());
  for (const std::string& place : places) {
    Answer answer = ask_place(config, place, *key);
    if (answer.found) {
      user.place = place;
      user.bytes = std::move(answer.profile);
      break;
    }
    if (answer.failed) fmt::print(stderr, "bidwell explain: {} cannot be asked: {}\n", place, answer.note);
  }
  return user;
}

std::string describe(const KnownUser& user) {
  if (user.key.empty()) return "the request names nobody";
  const std::string shown =
      user.history_fault.empty() ? fmt::format("{} showings remembered", user.shown().size()) : user.history_fault;
  if (user.place.empty()) return fmt::format("nothing is known under the key {}; {}", user.key, shown);
  std::string text = fmt::format("{}, known by {}; {}; segments", user.key, user.place, shown);
  user.profile().each_segment([&](std::uint32_t id) { text += fmt::format(" {}", id); });
  text += "; attributes";
  user.profile().each_attribute([&](std::string_view attribute) { text += fmt::format(" {}", attribute); });
  return text;
}

std::string decimal(Micros amount) {
  char text[kMicrosTextSize];
  return {text, write_micros(text, amount)};
}

constexpr std::string_view kSubjects[] = {"campaign", "creative", "advertiser"};

// What a verdict says besides its reason.
std::string detail(const bidding::Verdict& verdict, const LedgerView& ledger) {
  using bidding::Reason;
  if (verdict.rank == 0) {
    std::string text(bidding::meaning(verdict.reason));
    if (verdict.reason == Reason::over_budget || verdict.reason == Reason::paced_out) {
      text += ": " + ledger.describe(*verdict.campaign->source);
    }
    if (verdict.reason == Reason::capped && verdict.cap != nullptr) {
      text += fmt::format(": the {} was seen {} of {} times in {} s", kSubjects[static_cast<int>(verdict.cap->of)],
                          verdict.seen, verdict.cap->times, verdict.cap->per.count());
    }
    return text;
  }
  std::string text = fmt::format("creative {}", verdict.creative->source->id);
  if (verdict.deal != nullptr) text += fmt::format(", deal {}", verdict.deal->id);
  return text;
}

void print_table(const bidding::Explanation& explanation, openrtb::PrivacyBasis privacy, const KnownUser& user,
                 const LedgerView& ledger, const std::string& only) {
  fmt::print("privacy: {}\n", openrtb::describe(privacy));
  fmt::print("user: {}\n", describe(user));
  if (explanation.reason != bidding::Reason::none) fmt::print("no bid: {}\n", bidding::meaning(explanation.reason));
  for (const auto& imp : explanation.imps) {
    fmt::print("\nimpression {}\n", imp.imp->id);
    if (imp.reason != bidding::Reason::none) {
      fmt::print("  {}: {}\n", bidding::name(imp.reason), bidding::meaning(imp.reason));
      continue;
    }
    std::size_t width = 8;
    for (const auto& verdict : imp.verdicts) width = std::max(width, verdict.campaign->source->id.size());
    fmt::print("  {:>4}  {:<{}}  {:<20} {:>12}  {}\n", "rank", "campaign", width, "reason",
               fmt::format("CPM {}", explanation.currency), "");
    for (const auto& verdict : imp.verdicts) {
      if (!only.empty() && verdict.campaign->source->id != only) continue;
      fmt::print("  {:>4}  {:<{}}  {:<20} {:>12}  {}\n", verdict.rank == 0 ? "" : std::to_string(verdict.rank),
                 verdict.campaign->source->id, width,
                 verdict.reason == bidding::Reason::none ? "bids" : bidding::name(verdict.reason),
                 verdict.rank == 0 ? "" : decimal(verdict.price), detail(verdict, ledger));
    }
  }
}

void print_json(const bidding::Explanation& explanation, openrtb::PrivacyBasis privacy, const KnownUser& user,
                const LedgerView& ledger, const std::string& only) {
  OrderedJson out;
  out["privacy"] = openrtb::describe(privacy);
  out["user"] = {{"key", user.key},
                 {"place", user.place},
                 {"segments", OrderedJson::array()},
                 {"attributes", OrderedJson::array()}};
  user.profile().each_segment([&](std::uint32_t id) { out["user"]["segments"].push_back(id); });
  user.profile().each_attribute([&](std::string_view attribute) { out["user"]["attributes"].push_back(attribute); });
  out["reason"] = bidding::name(explanation.reason);
  out["currency"] = explanation.currency;
  out["imps"] = OrderedJson::array();
  for (const auto& imp : explanation.imps) {
    OrderedJson entry{{"id", imp.imp->id}, {"reason", bidding::name(imp.reason)}, {"campaigns", OrderedJson::array()}};
    for (const auto& verdict : imp.verdicts) {
      if (!only.empty() && verdict.campaign->source->id != only) continue;
      OrderedJson campaign{{"id", verdict.campaign->source->id},
                           {"reason", bidding::name(verdict.reason)},
                           {"meaning", bidding::meaning(verdict.reason)}};
      if (verdict.rank == 0) campaign["detail"] = detail(verdict, ledger);
      if (verdict.rank != 0) {
        campaign["rank"] = verdict.rank;
        campaign["price"] = OrderedJson::parse(decimal(verdict.price));
        campaign["creative"] = verdict.creative->source->id;
        if (verdict.deal != nullptr) campaign["deal"] = verdict.deal->id;
      }
      entry["campaigns"].push_back(std::move(campaign));
    }
    out["imps"].push_back(std::move(entry));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
}

}  // namespace

int explain(const ExplainOptions& options) {
  const auto config = load_config_or_print(options.config);
  if (!config) return 1;
  const exchange::ExchangeOptions* chosen = choose_exchange(*config, options.exchange);
  if (chosen == nullptr) return 1;
  LedgerView ledger(*config);
  catalog::CompileOptions compile = compile_options(*config);
  compile.account = [&](const catalog::Campaign& campaign) { return ledger.account(campaign); };
  const auto snapshot = load_catalog_or_print(*config, compile);
  if (!snapshot) return 1;
  if (!options.campaign.empty() &&
      std::none_of(snapshot->campaigns().begin(), snapshot->campaigns().end(),
                   [&](const auto& campaign) { return campaign.source->id == options.campaign; })) {
    fmt::print(stderr, "bidwell explain: there is no campaign \"{}\" in {}\n", options.campaign, config->catalog.file);
    return 1;
  }
  auto body = read_request(options.request);
  if (!body) return 1;

  const std::size_t size = body->size();
  body->resize(size + openrtb::Parser::kPadding);
  openrtb::ParserLimits limits;
  limits.body_bytes_max = std::max(size, config->http.body_bytes_max);
  openrtb::Parser parser(limits);
  openrtb::BidRequest request;
  const openrtb::ParseError error = parser.parse(std::string_view(*body).substr(0, size), request);
  if (error != openrtb::ParseError::none) {
    fmt::print(stderr, "bidwell explain: {}: {}\n", options.request == "-" ? "standard input" : options.request,
               openrtb::describe(error));
    return 1;
  }
  const openrtb::PrivacyBasis privacy = openrtb::scrub(request);
  const exchange::Exchange exchange(*chosen, config->currencies);
  const bidding::Moment moment{std::time(nullptr), std::chrono::steady_clock::now(),
                               mix(config->bidding.seed, hash64(request.id))};
  const KnownUser user = find_user(*config, request, chosen->name);
  const bidding::Explanation explanation =
      bidding::explain(request, {user.profile(), user.shown()}, exchange.terms(), *snapshot, &ledger.wallet(), moment);
  (options.json ? print_json : print_table)(explanation, privacy, user, ledger, options.campaign);
  return 0;
}

}  // namespace bidwell::apps
