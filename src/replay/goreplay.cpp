// Reads the files of goreplay (`gor --output-file`, github.com/buger/goreplay): payloads with a line of emoji between
// them, each a line "TYPE ID NANOSECONDS [LATENCY]" and a raw HTTP message. Type 1 is a request, 2 the original answer,
// 3 the answer of a replay, which is none of the capture's and is counted alone. A request and its answers share the id.
#include <charconv>
#include <deque>
#include <unordered_map>

#include "replay/http_message.h"
#include "replay/sources.h"

namespace bidwell::replay {
namespace {

constexpr std::string_view kSeparator = "\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n";
// Requests that wait for their answers; past it, or past flows_max, the oldest goes without.
constexpr std::size_t kWaitingBytesMax = 256 << 20;
constexpr std::size_t kChunk = 256 << 10;

struct Record {
  char type = 0;
  std::string_view id;
  std::int64_t at_ns = 0;
  std::string_view message;
};

std::string_view word_of(std::string_view& text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  text.remove_prefix(std::min(blank + 1, text.size()));
  return word;
}

bool read_record(std::string_view bytes, Record& out) {
  const std::size_t line_end = bytes.find('\n');
  if (line_end == std::string_view::npos) return false;
  std::string_view line = bytes.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view type = word_of(line);
  out.id = word_of(line);
  const std::string_view time = word_of(line);
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), out.at_ns);
  if (type.size() != 1 || type[0] < '1' || type[0] > '3' || out.id.empty()) return false;
  if (error != std::errc() || end != time.data() + time.size()) return false;
  out.type = type[0];
  out.message = bytes.substr(line_end + 1);
  return true;
}

// The one message of a record.
struct OneMessage final : MessageSink {
  void request(CapturedRequest&& message) override {
    if (++messages == 1) found_request = std::move(message);
  }
  void answer(CapturedAnswer&& message, std::optional<Loss> fault) override {
    if (++messages == 1 && !fault) found_answer = std::move(message);
  }
  unsigned messages = 0;
  std::optional<CapturedRequest> found_request;
  std::optional<CapturedAnswer> found_answer;
};

class GoreplaySource final : public RequestSource {
 public:
  GoreplaySource(std::unique_ptr<InputFile> file, const SourceOptions& options)
      : file_(std::move(file)),
        options_(options),
        // Chunk framing can be larger than what it frames.
        record_bytes_max_(options.head_bytes_max + 4 * options.body_bytes_max + 4096) {}

  Next next(CapturedRequest& out) override {
    for (;;) {
      if (!ready_.empty()) {
        out = std::move(ready_.front());
        ready_.pop_front();
        return Next::one;
      }
      std::string_view bytes;
      if (!next_bytes(bytes)) {
        if (waiting_.empty()) return Next::end;
        give_oldest();
        continue;
      }
      Record record;
      if (read_record(bytes, record)) {
        take(record);
      } else {
        losses_.add(Loss::record_malformed);
      }
    }
  }

  Losses losses() override { return losses_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_of() const override { return file_->bytes_of(); }

 private:
  // Between two separators. What is longer than any message may be is skipped and counted.
  bool next_bytes(std::string_view& out) {
    bool too_large = false;
    for (std::size_t searched = begin_;;) {
      const std::size_t found = buffer_.find(kSeparator, searched);
      if (found != std::string::npos) {
        out = std::string_view(buffer_).substr(begin_, found - begin_);
        begin_ = found + kSeparator.size();
        if (!too_large && !out.empty()) return true;
        too_large = false;
        searched = begin_;
        continue;
      }
      searched = std::max(begin_, buffer_.size() - std::min(buffer_.size(), kSeparator.size() - 1));
      if (buffer_.size() - begin_ > record_bytes_max_) {
        if (!too_large) losses_.add(Loss::message_too_large);
        too_large = true;
        begin_ = searched;
      }
      buffer_.erase(0, begin_);
      searched -= begin_;
      begin_ = 0;
      if (!read_more()) return last_bytes(out, too_large);
    }
  }

  bool read_more() {
    const std::size_t size = buffer_.size();
    buffer_.resize(size + kChunk);
    buffer_.resize(size + file_->read(buffer_.data() + size, kChunk));
    return buffer_.size() > size;
  }

  // A file may end without a separator.
  bool last_bytes(std::string_view& out, bool too_large) {
    if (!ended_ && file_->torn()) losses_.add(Loss::file_cut_off);
    const bool rest = !ended_ && !too_large && buffer_.find_first_not_of("\r\n") != std::string::npos;
    ended_ = true;
    out = buffer_;
    begin_ = buffer_.size();
    return rest;
  }

  void take(const Record& record) {
    if (record.type == '3') return losses_.add(Loss::replayed_answer);
    if (record.type == '2' && !options_.answers) return;
    const bool is_request = record.type == '1';
    OneMessage found;
    Losses counted;
    MessageReader reader(is_request ? MessageReader::Kind::requests : MessageReader::Kind::answers,
                         {options_.head_bytes_max, options_.body_bytes_max}, found, counted);
    if (const auto request = is_request ? waiting_.end() : waiting_.find(std::string(record.id));
        request != waiting_.end() && request->second.request.method == "HEAD") {
      reader.expect_head_answer();
    }
    reader.data(record.message, record.at_ns);
    reader.end(record.at_ns);
    losses_ += counted;
    // One record, one message.
    if (found.messages != 1 && (is_request || found.messages > 1)) losses_.add(Loss::record_malformed);
    if (is_request) {
      if (found.found_request) take_request(record, std::move(*found.found_request));
    } else if (found.found_answer) {
      take_answer(record, std::move(*found.found_answer));
    } else if (counted.of(Loss::answer_unusable) == 0) {
      losses_.add(Loss::answer_unusable);
    }
  }

  void take_request(const Record& record, CapturedRequest&& request) {
    request.at_ns = record.at_ns;
    if (request.cut_off && !options_.cut_off) return;
    std::string id(record.id);
    if (!options_.answers || waiting_.contains(id)) {
      ready_.push_back(std::move(request));
      return;
    }
    const std::size_t bytes = record.message.size();
    waiting_bytes_ += bytes;
    waiting_.emplace(id, Waiting{std::move(request), bytes});
    order_.push_back(std::move(id));
    while (order_.size() > options_.flows_max || waiting_bytes_ > kWaitingBytesMax) give_oldest();
  }

  void take_answer(const Record& record, CapturedAnswer&& answer) {
    const auto found = waiting_.find(std::string(record.id));
    if (found == waiting_.end()) {
      losses_.add(Loss::answer_unusable);  // of a request that is not in the file, or was given up
      return;
    }
    answer.at_ns = record.at_ns;
    found->second.request.answer = std::move(answer);
    give(found);
  }

  struct Waiting {
    CapturedRequest request;
    std::size_t bytes = 0;
  };
  using WaitingById = std::unordered_map<std::string, Waiting>;

  void give(WaitingById::iterator found) {
    waiting_bytes_ -= found->second.bytes;
    ready_.push_back(std::move(found->second.request));
    waiting_.erase(found);
  }

  // Passes over the ids of those that were answered.
  void give_oldest() {
    while (!order_.empty()) {
      const auto found = waiting_.find(order_.front());
      order_.pop_front();
      if (found != waiting_.end()) return give(found);
    }
  }

  const std::unique_ptr<InputFile> file_;
  const SourceOptions options_;
  const std::size_t record_bytes_max_;
  Losses losses_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was not taken yet, in buffer_
  bool ended_ = false;
  std::deque<CapturedRequest> ready_;
  WaitingById waiting_;
  std::deque<std::string> order_;  // of arrival
  std::size_t waiting_bytes_ = 0;
};

}  // namespace

std::unique_ptr<RequestSource> requests_of_goreplay(std::unique_ptr<InputFile> file, const SourceOptions& options) {
  return std::make_unique<GoreplaySource>(std::move(file), options);
}

}  // namespace bidwell::replay
