// The HTTP of one captured connection: which side asks, and which answer belongs to which request.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "bidwell/replay/request.h"
#include "replay/http_message.h"
#include "replay/tcp.h"

namespace bidwell::replay {

// What the connections of a capture share.
struct HttpTraffic {
  SourceOptions options;
  Losses losses;
  std::uint64_t flows = 0;  // that have given a request
  std::deque<CapturedRequest> ready;
};

// Answers are paired by their order. Where a gap has swallowed some, the requests that wait are given without one, and
// pairing begins anew when a request comes after an answer; not at all on a connection that pipelines, where that
// proves nothing.
class HttpConversation final : public Conversation {
 public:
  HttpConversation(HttpTraffic& traffic, const Endpoint& first, const Endpoint& second);
  ~HttpConversation() override;

  void data(Side from, std::string_view bytes, std::int64_t at_ns) override;
  void gap(Side from, std::uint64_t bytes, std::int64_t at_ns) override;
  void end(Side from, std::int64_t at_ns) override;

 private:
  struct Stream final : MessageSink {
    Stream(HttpConversation& its_owner, MessageReader::Kind kind);
    void request(CapturedRequest&& request) override { owner.asked(std::move(request)); }
    void answer(CapturedAnswer&& answer, std::optional<Loss> fault) override {
      owner.answered(std::move(answer), fault);
    }
    void lost_count() override { owner.lose_count(); }

    HttpConversation& owner;
    MessageReader reader;
  };

  MessageReader* reader_of(Side side);
  void learn(Side from);
  void asked(CapturedRequest&& request);
  void answered(CapturedAnswer&& answer, std::optional<Loss> fault);
  void lose_count();
  void expect_next();
  void give_waiting();
  void give(CapturedRequest&& request);

  HttpTraffic& traffic_;
  std::uint64_t number_ = 0;  // of this flow; 0: has given nothing yet
  std::array<std::unique_ptr<Stream>, 2> streams_;
  std::array<bool, 2> unread_{};  // nobody wants what this side says
  bool decided_ = false, had_data_ = false;

  std::deque<CapturedRequest> waiting_;  // for their answers
  std::size_t waiting_bytes_ = 0;
  bool unsure_ = false;                                 // which answer is whose
  bool pipelines_ = false;                              // has sent a request before the last one's answer
  std::int64_t answered_at_ = CapturedAnswer::kNoTime;  // while unsure: the last answer's end
  unsigned ended_ = 0;
};

}  // namespace bidwell::replay
