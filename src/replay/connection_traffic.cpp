// What passes over a connection: requests written at once where nothing waits, answers taken in their order.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "replay/connection.h"

namespace bidwell::replay {

bool Connection::send(std::string_view bytes, std::uint64_t tag) {
  if (closing_ || waiting_.full()) return false;
  queued_ += bytes.size();
  waiting_.push_back({tag, std::chrono::steady_clock::now(), queued_, bytes.starts_with("HEAD ")});
  ++shared_.in_flight;
  std::size_t written = 0;
  if (state_ == State::open && output_.empty()) {
    written = write(bytes);
    if (written == bytes.size()) return true;
    // Where the socket failed epoll tells of it too: the answers that came before are taken first.
    watch(EPOLLOUT, EPOLL_CTL_MOD);
  }
  output_.append(bytes.substr(written));
  ++unsent_;
  return true;
}

std::size_t Connection::write(std::string_view bytes) noexcept {
  const ssize_t written = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written <= 0) return 0;
  written_ += static_cast<std::size_t>(written);
  shared_.counters.bytes_sent += static_cast<std::size_t>(written);
  return static_cast<std::size_t>(written);
}

// Writes what waits, as far as the socket takes it.
void Connection::flush(SteadyTime now) {
  if (output_.empty()) return;
  output_at_ += write(std::string_view(output_).substr(output_at_));
  for (; unsent_ > 0 && waiting_[waiting_.size() - unsent_].end <= written_; --unsent_) {
    waiting_[waiting_.size() - unsent_].sent = now;
  }
  const bool all = output_at_ == output_.size();
  if (all || output_at_ > output_.size() / 2) {
    output_.erase(0, output_at_);
    output_at_ = 0;
  }
  watch(all ? 0U : static_cast<std::uint32_t>(EPOLLOUT), EPOLL_CTL_MOD);
}

void Connection::take_events(std::uint32_t events, std::uint32_t generation) {
  if (generation != generation_ || fd_ < 0) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || (events & EPOLLOUT) == 0) return connect_failed(now);
    return connected(now);
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  }
  if ((events & EPOLLOUT) != 0 && state_ == State::open && generation == generation_) flush(now);
}

// A read that does not fill the buffer has emptied the socket, unless its end is behind.
void Connection::read(bool until_end) {
  const std::uint32_t generation = generation_;
  for (;;) {
    const ssize_t got = ::recv(fd_, shared_.input.data(), shared_.input.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (got <= 0) return take_end(now);
    shared_.counters.bytes_received += static_cast<std::size_t>(got);
    take({shared_.input.data(), static_cast<std::size_t>(got)}, now);
    if (state_ != State::open || generation != generation_) return;
    if (!until_end && static_cast<std::size_t>(got) < shared_.input.size()) return;
  }
}

// All answers that are whole; the rest is kept.
void Connection::take(std::string_view bytes, SteadyTime now) {
  const bool kept = !input_.empty();
  if (kept) bytes = input_.append(bytes);
  taking_ = true;
  while (!bytes.empty() && take_answer(bytes, now)) {
  }
  taking_ = false;
  if (state_ == State::open) {
    if (kept) {
      input_.erase(0, input_.size() - bytes.size());
    } else {
      input_.assign(bytes);
    }
  }
  if (closing_ && waiting_.empty()) end();
}

// False: no more of them for now.
bool Connection::take_answer(std::string_view& bytes, SteadyTime now) {
  if (waiting_.empty()) {
    if (closing_) return false;
    ++shared_.counters.unsolicited;
    lose(now, Outcome::closed, Outcome::closed);
    return false;
  }
  const AnswerReader::State state = reader_.read(bytes, waiting_.front().to_head);
  if (state == AnswerReader::State::more) return false;
  if (state == AnswerReader::State::malformed) {
    lose(now, Outcome::malformed, Outcome::closed);
    return false;
  }
  const bool keeps_alive = reader_.keeps_alive();
  const std::size_t size = reader_.size();
  answer(bytes, now);
  reader_.reset();
  bytes.remove_prefix(size);
  if (!keeps_alive) lose(now, Outcome::closed, Outcome::closed);
  return keeps_alive;
}

void Connection::answer(std::string_view bytes, SteadyTime now) {
  const Waiting request = waiting_.front();
  const bool was_sent = unsent_ < waiting_.size();
  waiting_.pop_front();
  if (!was_sent) --unsent_;  // answered early, as a refusal is
  --shared_.in_flight;
  has_answered_ = true;
  shared_.sink.answered({.tag = request.tag,
                         .outcome = Outcome::answered,
                         .status = reader_.status(),
                         .body = reader_.body(bytes),
                         .content_length = reader_.content_length(),
                         .sent = was_sent ? request.sent : now,
                         .done = now});
}

void Connection::take_end(SteadyTime now) {
  if (!waiting_.empty() && reader_.end(input_) == AnswerReader::State::whole) {
    taking_ = true;
    answer(input_, now);
    taking_ = false;
  }
  lose(now, Outcome::closed, Outcome::closed);
}

}  // namespace bidwell::replay
