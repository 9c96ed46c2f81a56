// Notices with any token, query and body: answered in one of the known ways, and recorded only with a token of ours and
// at no more than was bid. An input is
//
//     KIND TOKEN?QUERY
//     BODY
//
// KIND one of w b l i c; TOKEN as it stands, or "@d", "@b", "@g" for a good one of the exchange with plain, base64 or
// Google's prices, which may be followed by what spoils it. The body, if there is one, makes it a POST. Any input is
// also made into a token of its own, which must be read again as it was signed, and not with a bit flipped.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/exchange/noticed.h"

#include "bidwell/exchange/notice_handler.h"

namespace bidwell::fuzz {
namespace {

using namespace bidwell::exchange;
using namespace bidwell::exchange::testing;
using events::Kind;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class World {
 public:
  World()
      : exchanges_(exchanges_of_each_form(currencies_)),
        journals_(journal_options()),
        journal_(journals_.add_worker()) {
    reader_ = journals_.add_reader();
    journals_.start();
    NoticeDesk::Options options;
    options.clock = still_clock();
    desk_ = std::make_unique<NoticeDesk>(keys_, exchanges_, journal_,
                                         compile(kClickable, currencies_, {.notices = true}), options);
  }

  void notice(Kind kind, std::string_view token, std::string_view query, std::string_view body) {
    const std::string text = token_of(kind, token);
    OutputBuffer out(10'000);
    http::Response response(out);
    http::Request request;
    request.method = body.empty() ? http::Method::get : http::Method::post;
    request.rest = text;
    request.query = query;
    request.body = body;
    request.client = token;
    desk_->handler(kind)->handle(request, response);

    const bool ours = token.size() == 2 && !text.empty() && text != token;
    const unsigned status = response.status();
    require(status == 200 || status == 302 || (status >= 400 && status <= 410), "an unknown status");
    require(ours || (status >= 400 && status < 500), "a token that is not ours was accepted");
    require(kind != Kind::imp || !ours || status == 200, "a good impression was refused");
    const std::vector<events::Event> recorded = take_recorded();
    require(recorded.size() <= (ours ? 1u : 0u), "recorded without a token");
    require(status != 302 || recorded.size() == 1, "redirected without a record");
    for (const events::Event& event : recorded) {
      require(event.kind == kind && event.campaign_id == "tide", "another event");
      require(kind == Kind::loss || event.price <= event.price_max, "a price above the bid");
    }
  }

  // A token of these bytes.
  void token(std::string_view bytes) {
    BidToken token = some_token();
    for (std::size_t i = 0; i < bytes.size(); ++i) token.bid_id[i % 12] ^= static_cast<std::uint8_t>(bytes[i]);
    std::string_view* const texts[] = {&token.exchange, &token.campaign_id, &token.creative_id, &token.imp_id};
    std::string_view rest = bytes;
    for (std::string_view* text : texts) {
      *text = rest.substr(0, rest.empty() ? 0 : static_cast<unsigned char>(rest[0]));
      rest.remove_prefix(text->size());
    }
    SignedToken out;
    if (!keys_.sign(token, out)) return;
    for (const Audience audience : {Audience::exchange, Audience::browser}) {
      std::string text = text_of(out, audience);
      TokenKeys::Scratch scratch;
      BidToken read;
      require(keys_.verify(text, audience, scratch, read) == TokenError::none, "refused");
      require(read.bid_id == token.bid_id && read.exchange == token.exchange && read.campaign_id == token.campaign_id &&
                  read.creative_id == token.creative_id && read.imp_id == token.imp_id,
              "read as another");
      char& spoilt = text[token.bid_id[0] % text.size()];
      spoilt = static_cast<char>(spoilt ^ 1 << token.bid_id[1] % 8);
      require(keys_.verify(text, audience, scratch, read) != TokenError::none, "forged");
    }
  }

 private:
  events::JournalOptions journal_options() {
    events::JournalOptions options;
    options.directory = folder_ / "journals";
    options.segment_bytes = 1 << 20;
    options.fsync = events::Fsync::never;
    return options;
  }
  std::string token_of(Kind kind, std::string_view token) {
    if (token.size() < 2 || token[0] != '@') return std::string(token);
    BidToken bid = some_token();
    switch (token[1]) {
      case 'd': bid.exchange = "demo"; break;
      case 'b': bid.exchange = "base64"; break;
      case 'g': bid.exchange = "google"; break;
      default: return std::string(token);
    }
    return sign(keys_, bid, audience_of(kind)).append(token.substr(2));
  }
  // They are valid until the next call.
  std::vector<events::Event> take_recorded() {
    if (name_.empty()) name_ = journals_.names().at(0);
    journals_.release(reader_, name_, position_);
    records_.clear();
    position_ = journals_.read(name_, position_, 1 << 20, records_);
    std::vector<events::Event> all(records_.size());
    for (std::size_t i = 0; i < all.size(); ++i) require(events::decode(records_[i].bytes, all[i]), "no event");
    return all;
  }

  const TokenKeys keys_{{{7, "that none of the seeds is signed with"}}};
  CurrencyTable currencies_;
  std::deque<Exchange> exchanges_;
  profile::testing::Folder folder_;
  events::Journals journals_;
  events::Journal& journal_;
  unsigned reader_ = 0;
  std::string name_;
  std::uint64_t position_ = 0;
  std::vector<events::Journals::Record> records_;
  std::unique_ptr<NoticeDesk> desk_;
};

}  // namespace
}  // namespace bidwell::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using bidwell::events::Kind;
  static bidwell::fuzz::World world;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  world.token(input);
  if (input.size() < 2) return 0;
  constexpr std::string_view kKinds = "wblic";
  const std::size_t kind = kKinds.find(input[0]);
  if (kind == std::string_view::npos) return 0;
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(2, line_end < 2 ? 0 : line_end - 2);
  const std::size_t question = std::min(line.find('?'), line.size());
  world.notice(static_cast<Kind>(kind + 1), line.substr(0, question), line.substr(std::min(question + 1, line.size())),
               input.substr(std::min(line_end + 1, input.size())));
  return 0;
}
