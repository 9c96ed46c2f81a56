// Pairing, and what is thrown away early: what answers say where nobody asked for them.
#include "replay/http_conversation.h"

#include <algorithm>
#include <utility>

namespace bidwell::replay {
namespace {

using Kind = MessageReader::Kind;

// A capture of one direction has no answers to wait for. (Nor is one waited for when a later request comes long after
// any gap before it would have been given up.)
constexpr std::size_t kWaitingMax = 1024;

MessageLimits limits_of(const SourceOptions& options) {
  return {options.head_bytes_max, options.body_bytes_max};
}

std::size_t index(Side side) noexcept {
  return static_cast<std::size_t>(side);
}

}  // namespace

HttpConversation::Stream::Stream(HttpConversation& its_owner, Kind kind)
    : owner(its_owner), reader(kind, limits_of(its_owner.traffic_.options), *this, its_owner.traffic_.losses) {}

HttpConversation::HttpConversation(HttpTraffic& traffic, const Endpoint& first, const Endpoint& second)
    : traffic_(traffic) {
  const std::uint16_t port = traffic.options.port;
  const bool both = first.port == second.port;
  for (const Side side : {Side::first, Side::second}) {
    const bool to_port = (side == Side::first ? second : first).port == port;
    const Kind kind = port == 0 || both ? Kind::either : to_port ? Kind::requests : Kind::answers;
    if (kind != Kind::either) decided_ = true;
    unread_[index(side)] = kind == Kind::answers && !traffic.options.answers;
    if (!unread_[index(side)]) streams_[index(side)] = std::make_unique<Stream>(*this, kind);
  }
}

HttpConversation::~HttpConversation() = default;

MessageReader* HttpConversation::reader_of(Side side) {
  Stream* stream = streams_[index(side)].get();
  return stream == nullptr || unread_[index(side)] ? nullptr : &stream->reader;
}

void HttpConversation::data(Side from, std::string_view bytes, std::int64_t at_ns) {
  had_data_ = true;
  MessageReader* reader = reader_of(from);
  if (reader == nullptr) return;
  reader->data(bytes, at_ns);
  if (!decided_) learn(from);
}

void HttpConversation::gap(Side from, std::uint64_t bytes, std::int64_t at_ns) {
  MessageReader* reader = reader_of(from);
  if (reader == nullptr) return;
  reader->gap(bytes, at_ns);
  if (!decided_) learn(from);
}

// What one side is, the other is not.
void HttpConversation::learn(Side from) {
  const Kind kind = reader_of(from)->kind();
  if (kind == Kind::either) return;
  decided_ = true;
  const Side opposite = other(from);
  reader_of(opposite)->decide(kind == Kind::requests ? Kind::answers : Kind::requests);
  const Side answering = kind == Kind::answers ? from : opposite;
  unread_[index(answering)] = !traffic_.options.answers;
}

void HttpConversation::end(Side from, std::int64_t at_ns) {
  if (MessageReader* reader = reader_of(from)) {
    reader->end(at_ns);
    if (!decided_) learn(from);
  }
  // The other side may still have answers.
  if (++ended_ < 2) return;
  give_waiting();
  const bool seen = std::any_of(streams_.begin(), streams_.end(),
                                [](const auto& stream) { return stream != nullptr && stream->reader.seen_message(); });
  if (had_data_ && !seen) traffic_.losses.add(Loss::flow_not_http);
}

void HttpConversation::asked(CapturedRequest&& request) {
  if (!traffic_.options.answers) return give(std::move(request));
  if (!waiting_.empty() && request.at_ns - waiting_.front().at_ns > 2 * traffic_.options.gap_ns_max) lose_count();
  if (unsure_ && !pipelines_ && answered_at_ != CapturedAnswer::kNoTime && request.at_ns > answered_at_)
    unsure_ = false;
  if (unsure_) return give(std::move(request));
  pipelines_ = pipelines_ || !waiting_.empty();
  waiting_bytes_ += request.body.size() + request.target.size();
  waiting_.push_back(std::move(request));
  if (waiting_.size() == 1) expect_next();
  if (waiting_.size() > kWaitingMax || waiting_bytes_ > traffic_.options.flow_bytes_max) lose_count();
}

void HttpConversation::answered(CapturedAnswer&& answer, std::optional<Loss> fault) {
  answered_at_ = answer.at_ns;
  if (waiting_.empty()) unsure_ = true;  // its request waits behind a gap, or was not captured
  if (unsure_) return;
  CapturedRequest request = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= request.body.size() + request.target.size();
  if (!fault) request.answer = std::move(answer);
  expect_next();
  give(std::move(request));
}

// An answer to a HEAD request tells of a body that it does not have.
void HttpConversation::expect_next() {
  if (waiting_.empty() || waiting_.front().method != "HEAD") return;
  for (const auto& stream : streams_) {
    if (stream && stream->reader.kind() != Kind::requests) stream->reader.expect_head_answer();
  }
}

void HttpConversation::lose_count() {
  if (!traffic_.options.answers) return;
  give_waiting();
  unsure_ = true;
  answered_at_ = CapturedAnswer::kNoTime;
}

void HttpConversation::give_waiting() {
  for (CapturedRequest& request : waiting_) give(std::move(request));
  waiting_.clear();
  waiting_bytes_ = 0;
}

void HttpConversation::give(CapturedRequest&& request) {
  if (number_ == 0) number_ = ++traffic_.flows;
  if (request.cut_off && !traffic_.options.cut_off) return;
  request.flow = number_;
  traffic_.ready.push_back(std::move(request));
}

}  // namespace bidwell::replay
