// A state for what comes next: a message's start, a head, a body of one of three kinds. Bytes that decide nothing yet
// (a line or a head without its end) are kept; bodies are taken as they come.
#include "replay/http_message.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "replay/chunks.h"
#include "replay/inflate.h"
#include "replay/message_head.h"
#include "replay/message_start.h"

namespace bidwell::replay {
namespace {

// A Content-Length is believed when the bytes come.
constexpr std::size_t kReservedMax = 64 << 10;

// When bytes that wait for others came.
class Times {
 public:
  void add(std::size_t offset, std::int64_t at_ns) {
    if (marks_.empty() || marks_.back().second != at_ns) marks_.emplace_back(offset, at_ns);
  }
  std::int64_t of(std::size_t offset) const {
    const auto after = std::upper_bound(marks_.begin(), marks_.end(), offset,
                                        [](std::size_t at, const auto& mark) { return at < mark.first; });
    return after == marks_.begin() ? marks_.front().second : std::prev(after)->second;
  }
  void forget(std::size_t size) {
    std::size_t behind = 0;
    while (behind + 1 < marks_.size() && marks_[behind + 1].first <= size) ++behind;
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(behind));
    for (auto& mark : marks_) mark.first = mark.first > size ? mark.first - size : 0;
  }
  void clear() { marks_.clear(); }

 private:
  std::vector<std::pair<std::size_t, std::int64_t>> marks_;
};

}  // namespace

struct MessageReader::Impl {
  // What is right before the next byte.
  enum class Before : std::uint8_t { boundary, gap, other };
  enum class State : std::uint8_t { start, head, length, chunks, until_end, nothing };

  Impl(Kind its_kind, const MessageLimits& its_limits, MessageSink& its_sink, Losses& its_losses)
      : kind(its_kind), limits(its_limits), sink(its_sink), losses(its_losses) {}

  void data(std::string_view bytes, std::int64_t at_ns);
  std::size_t take(std::string_view bytes);
  bool take_start(std::string_view& bytes, std::size_t offset);
  bool take_head(std::string_view& bytes);
  bool refuse_head(std::string_view& bytes, Loss loss);
  bool read_head(std::string_view head);
  void begin_body(bool may_have_one, bool until_close);
  void take_length(std::string_view& bytes);
  void take_chunks(std::string_view& bytes);
  void keep_body(std::string_view bytes);

  void gap(std::uint64_t bytes);
  void end();
  void interrupt();  // what is in progress ends here
  void finish();
  std::optional<Loss> decode(std::string& body, bool torn) const;
  void give(std::optional<Loss> fault);
  void to_start(Before its_before);
  void decide(Kind its_kind);
  void no_message(std::size_t bytes);

  Kind kind;
  const MessageLimits limits;
  MessageSink& sink;
  Losses& losses;

  State state = State::start;
  Before before = Before::boundary;  // start
  bool seen = false;
  bool head_answer = false;  // the next answer has no body
  std::uint64_t undecided_bytes = 0;
  std::int64_t now = CapturedRequest::kNoTime;

  std::string kept;  // of bytes that decided nothing yet
  Times times;       // of `kept`
  HeadSearch head_search;
  bool guessed = false;  // head: it was found by searching

  // The message in progress.
  CapturedRequest request;
  CapturedAnswer answer;
  Framing framing;
  std::string body;
  std::uint64_t left = 0;  // length
  ChunkReader chunks;
  bool has_gap = false;  // in the body
  bool too_large = false;
};

void MessageReader::Impl::data(std::string_view bytes, std::int64_t at_ns) {
  now = at_ns;
  if (kept.empty()) {
    times.clear();
    times.add(0, at_ns);
    const std::size_t taken = take(bytes);
    kept.assign(bytes.substr(taken));
    if (!kept.empty()) times.forget(taken);
    return;
  }
  times.add(kept.size(), at_ns);
  kept += bytes;
  const std::size_t taken = take(kept);
  kept.erase(0, taken);
  times.forget(taken);
}

// How many need not be seen again.
std::size_t MessageReader::Impl::take(std::string_view bytes) {
  const std::size_t size = bytes.size();
  bool enough = true;
  while (enough && !bytes.empty()) {
    switch (state) {
      case State::start: enough = take_start(bytes, size - bytes.size()); break;
      case State::head: enough = take_head(bytes); break;
      case State::length: take_length(bytes); break;
      case State::chunks: take_chunks(bytes); break;
      case State::until_end:
        keep_body(bytes);
        bytes = {};
        break;
      case State::nothing: bytes = {}; break;
    }
  }
  return size - bytes.size();
}

bool MessageReader::Impl::take_start(std::string_view& bytes, std::size_t offset) {
  if (before == Before::boundary) {  // RFC 9112, 2.2: an empty line or two before a request
    const std::size_t blank = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    bytes.remove_prefix(blank);
    offset += blank;
    if (bytes.empty()) return true;
  }
  std::size_t keep = 0;
  const auto start =
      find_start(bytes, {kind != Kind::answers, kind != Kind::requests, before == Before::boundary}, keep);
  const std::size_t passed = start ? start->at : keep;
  no_message(passed);
  bytes.remove_prefix(passed);
  if (passed > 0) before = Before::other;
  if (!start) return false;
  decide(start->is_request ? Kind::requests : Kind::answers);
  seen = true;
  guessed = before != Before::boundary;
  state = State::head;
  head_search = {};
  request.at_ns = times.of(offset + passed);
  return true;
}

bool MessageReader::Impl::take_head(std::string_view& bytes) {
  const HeadSearch::State found = head_search.look(bytes);
  const bool whole = found == HeadSearch::State::whole;
  if ((whole ? head_search.end : bytes.size()) > limits.head_bytes_max)
    return refuse_head(bytes, Loss::message_too_large);
  if (found == HeadSearch::State::malformed) return refuse_head(bytes, Loss::head_malformed);
  if (!whole) return false;
  if (!read_head(bytes.substr(0, head_search.end))) return refuse_head(bytes, Loss::head_malformed);
  bytes.remove_prefix(head_search.end);
  return true;
}

// It may have been a body's text, and a true message may begin on its next line.
bool MessageReader::Impl::refuse_head(std::string_view& bytes, Loss loss) {
  // Where it was only looked for, nothing says that it ever was one.
  if (loss != Loss::head_malformed || !guessed) losses.add(kind == Kind::requests ? loss : Loss::answer_unusable);
  const std::size_t line = bytes.find('\n') + 1;
  no_message(line);
  bytes.remove_prefix(line);
  to_start(Before::other);
  sink.lost_count();
  return true;
}

bool MessageReader::Impl::read_head(std::string_view head) {
  if (kind == Kind::requests) {
    if (!read_request_head(head, request, framing)) return false;
    begin_body(true, false);
    return true;
  }
  if (!read_answer_head(head, answer, framing)) return false;
  if (answer.status == 101) {
    give(std::nullopt);
    state = State::nothing;  // another protocol from here on
  } else if (answer.status < 200) {
    to_start(Before::boundary);
  } else {
    const bool has_body = !std::exchange(head_answer, false) && answer.status != 204 && answer.status != 304;
    begin_body(has_body, true);
  }
  return true;
}

void MessageReader::Impl::begin_body(bool may_have_one, bool until_close) {
  if (!may_have_one) return finish();
  if (framing.chunked) {
    chunks.begin();
    state = State::chunks;
    return;
  }
  if (!framing.length) {
    if (!until_close) return finish();
    state = State::until_end;
    return;
  }
  left = *framing.length;
  if (left == 0) return finish();
  if (left <= limits.body_bytes_max)
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(left, kReservedMax)));
  state = State::length;
}

void MessageReader::Impl::take_length(std::string_view& bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
  keep_body(bytes.substr(0, size));
  bytes.remove_prefix(size);
  left -= size;
  if (left == 0) finish();
}

void MessageReader::Impl::take_chunks(std::string_view& bytes) {
  // Behind a gap the framing goes on, but nothing is kept.
  std::string unused;
  const auto result = chunks.take(bytes, limits.body_bytes_max, has_gap ? unused : body);
  if (result == ChunkReader::State::going) return;
  if (result == ChunkReader::State::broken) {
    give(Loss::body_undecodable);
    to_start(Before::other);
    sink.lost_count();
    return;
  }
  too_large = result == ChunkReader::State::too_large;
  finish();
}

void MessageReader::Impl::keep_body(std::string_view bytes) {
  if (has_gap || too_large) return;
  too_large = bytes.size() > limits.body_bytes_max - body.size();
  if (too_large) {
    body = {};
  } else {
    body += bytes;
  }
}

void MessageReader::Impl::gap(std::uint64_t bytes) {
  if (state == State::nothing) return;
  if (state == State::length && bytes > 0 && bytes <= left) {
    has_gap = true;
    left -= bytes;
    if (left == 0) finish();
    return;
  }
  if (state == State::chunks && bytes > 0 && chunks.skip(bytes)) {
    has_gap = true;
    return;
  }
  const bool began = seen;
  interrupt();
  to_start(Before::gap);
  head_answer = false;
  if (began || bytes > 0) sink.lost_count();
}

void MessageReader::Impl::end() {
  if (state == State::until_end && !has_gap) {
    finish();
  } else {
    interrupt();
  }
  to_start(Before::boundary);
}

void MessageReader::Impl::interrupt() {
  switch (state) {
    case State::start:
      if (kind != Kind::answers && before != Before::other && begins_request(kept)) {
        decide(Kind::requests);
        seen = true;
        request.at_ns = times.of(0);
        read_torn_request_head(kept, request);
        give(Loss::head_cut_off);
      } else {
        no_message(kept.size());
      }
      break;
    case State::head:
      if (kind == Kind::requests) read_torn_request_head(kept, request);
      give(Loss::head_cut_off);
      break;
    case State::length:
    case State::chunks:
    case State::until_end:
      has_gap = true;
      finish();
      break;
    case State::nothing: break;
  }
  kept.clear();
  times.clear();
}

// Its end is here; or it will not come (has_gap).
void MessageReader::Impl::finish() {
  std::optional<Loss> fault;
  if (!too_large) fault = decode(body, has_gap);
  if (too_large || fault == Loss::message_too_large) {
    losses.add(kind == Kind::requests ? Loss::message_too_large : Loss::answer_unusable);
    if (kind == Kind::answers) sink.answer(std::move(answer), Loss::message_too_large);
    return to_start(Before::boundary);
  }
  give(fault);
}

std::optional<Loss> MessageReader::Impl::decode(std::string& encoded, bool torn) const {
  const std::optional<Loss> cut = torn ? std::optional(Loss::body_cut_off) : std::nullopt;
  if (is_identity(framing.encoding) || encoded.empty()) return cut;
  std::string plain;
  const Inflated result = inflate_body(framing.encoding, encoded, limits.body_bytes_max, plain);
  encoded = std::move(plain);
  if (result == Inflated::too_large) return Loss::message_too_large;
  if (torn || result == Inflated::whole) return cut;
  return Loss::body_undecodable;
}

void MessageReader::Impl::give(std::optional<Loss> fault) {
  if (kind == Kind::requests) {
    if (fault) losses.add(*fault);
    request.body = std::move(body);
    request.cut_off = fault;
    sink.request(std::move(request));
  } else {
    if (fault) losses.add(Loss::answer_unusable);
    answer.body = std::move(body);
    answer.at_ns = now;
    sink.answer(std::move(answer), fault);
  }
  to_start(Before::boundary);
}

void MessageReader::Impl::to_start(Before its_before) {
  state = State::start;
  before = its_before;
  request = {};
  answer = {};
  framing = {};
  body = {};
  has_gap = too_large = false;
}

void MessageReader::Impl::decide(Kind its_kind) {
  if (kind != Kind::either) return;
  kind = its_kind;
  // Of answers that nobody asked for it is no loss.
  if (kind == Kind::requests) losses.add(Loss::bytes_of_no_message, undecided_bytes);
  undecided_bytes = 0;
}

void MessageReader::Impl::no_message(std::size_t bytes) {
  if (kind == Kind::either) {
    undecided_bytes += bytes;
  } else {
    losses.add(Loss::bytes_of_no_message, bytes);
  }
}

MessageReader::MessageReader(Kind kind, const MessageLimits& limits, MessageSink& sink, Losses& losses)
    : impl_(std::make_unique<Impl>(kind, limits, sink, losses)) {}

MessageReader::~MessageReader() = default;

void MessageReader::data(std::string_view bytes, std::int64_t at_ns) {
  if (!bytes.empty()) impl_->data(bytes, at_ns);
}

void MessageReader::gap(std::uint64_t bytes, std::int64_t at_ns) {
  impl_->now = at_ns;
  impl_->gap(bytes);
}

void MessageReader::end(std::int64_t at_ns) {
  impl_->now = at_ns;
  impl_->end();
}

void MessageReader::expect_head_answer() {
  impl_->head_answer = true;
}

MessageReader::Kind MessageReader::kind() const noexcept {
  return impl_->kind;
}

void MessageReader::decide(Kind kind) {
  impl_->decide(kind);
}

bool MessageReader::seen_message() const noexcept {
  return impl_->seen;
}

}  // namespace bidwell::replay
