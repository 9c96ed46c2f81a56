// The life of a connection: read, answer everything that is complete, write it in one go, read
// again.
#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <utility>

#include "http/target.h"
#include "http/worker.h"

namespace bidwell::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(Worker& worker, Socket socket, const Peer& peer)
    : worker_(worker), socket_(std::move(socket)), reader_(worker.limits(), worker.blocks()) {
  const TrustedProxies& trusted = worker.trusted_proxies();
  if (peer.family == AF_UNIX) {
    peer_trusted_ = trusted.contains_unix();
    return;
  }
  peer_trusted_ = trusted.contains(peer.address);
  peer_size_ = static_cast<std::uint8_t>(write_ip(peer_.data(), peer.address) - peer_.data());
}

Connection::~Connection() {
  stay();
}

void Connection::start() noexcept {
  since_ = Clock::now();
  read();
}

void Connection::read() noexcept {
  const std::span<char> space = reader_.space();
  socket_.async_read_some(asio::buffer(space.data(), space.size()),
                          [this](const error_code& ec, std::size_t size) { on_read(ec, size); });
}

void Connection::on_read(const error_code& ec, std::size_t size) noexcept {
  if (phase_ == Phase::closed) return destroy();
  if (ec) {
    error_code ignored;
    if (ec == asio::error::operation_aborted && socket_.available(ignored) != 0) return read();
    if (phase_ == Phase::request) worker_.counters().client_resets.add();
    return destroy();
  }
  if (phase_ == Phase::linger) {
    if (size >= linger_left_) return destroy();
    linger_left_ -= size;
    return read();
  }
  reader_.received(size);
  read_at_ = Clock::now();
  serve(read_at_, false);
}

// `answered`: a request since the phase began.
void Connection::serve(Clock::time_point now, bool answered) noexcept {
  using Progress = RequestReader::Progress;
  for (;;) {
    const Progress progress = reader_.advance();
    if (progress == Progress::need_more) {
      if (reader_.body_outstanding()) respond_to_expectation();
      break;
    }
    if (!answer(progress == Progress::broken)) return put_aside(now);
    answered = true;
    if (closing_) break;
    if (worker_.answers().full() && !flush(now)) return;
  }
  if (!flush(now)) return;
  if (closing_) return end(now);
  if (reader_.empty()) {
    if (worker_.draining()) return end(now);
    if (answered) since_ = now;
    phase_ = Phase::idle;
  } else {
    if (answered || phase_ == Phase::idle) since_ = now;
    phase_ = Phase::request;
  }
  read();
}

// False: it is to be parked.
bool Connection::answer(bool broken) noexcept {
  Answers& answers = worker_.answers();
  Response response = answers.begin(this);
  if (!respond_refusal(response)) respond(response);
  if (ticket_ != 0) {
    answers.take_back();
    return false;
  }

  Answers::Frame frame;
  frame.close = broken;
  if (reader_.head_known()) {
    const Head& head = reader_.head();
    frame.head_only = head.method == Method::head;
    frame.accepts_gzip = head.accept.gzip();
    frame.close = broken || !head.keep_alive;
    frame.say_keep_alive = !head.http_1_1;
  }
  if (!broken) {
    reader_.finish();
    continued_ = resumed_ = false;
  }
  unread_ = broken || !frame.close || !reader_.empty();
  // The last answer before the server stops says so; what else came with it is answered first.
  if (worker_.draining() && reader_.empty()) frame.close = true;
  closing_ = frame.close;
  answers.finish(response, frame);
  return true;
}

bool Connection::respond_refusal(Response& response) noexcept {
  const auto& [status, reason, counter] = reader_.refusal();
  if (status == 0) return false;
  (worker_.counters().*counter).add();
  if (status == 415) response.set_extra_header("Accept-Encoding: gzip, identity\r\n");
  answer_error(response, status, reason);
  return true;
}

void Connection::respond(Response& response) noexcept {
  Request request = make_request();
  request.body = reader_.body();
  if (reader_.head().encoding == ContentEncoding::gzip && !request.body.empty()) {
    const Limits& limits = worker_.limits();
    char* plain = worker_.answers().scratch();
    std::size_t size = 0;
    switch (worker_.inflater().inflate(request.body, plain, limits.body_max, size)) {
      case Inflater::Result::ok: request.body = {plain, size}; break;
      case Inflater::Result::too_large:
        worker_.counters().body_too_large.add();
        return answer_error(response, 413, limits.decompressed_too_large);
      case Inflater::Result::bad:
        worker_.counters().bad_encoding.add();
        return answer_error(response, 400, "request body is not valid gzip");
    }
  }
  if (!resumed_) worker_.counters().requests.add();
  worker_.router().route(request, response);
}

// The client may be waiting for leave to send its body: it gets it, or the final answer at once. In
// the latter case it may send the body nevertheless, so the connection cannot go on.
void Connection::respond_to_expectation() noexcept {
  const Head& head = reader_.head();
  if (!head.expects_continue || !head.http_1_1 || continued_) return;
  Answers& answers = worker_.answers();
  Response response = answers.begin();
  if (respond_refusal(response) || worker_.router().refuse(make_request(), response)) {
    Answers::Frame frame;
    frame.head_only = head.method == Method::head;
    frame.close = closing_ = unread_ = true;
    answers.finish(response, frame);
    return;
  }
  answers.take_back();
  answers.append(kContinue);
  continued_ = true;
}

Request Connection::make_request() const noexcept {
  Request request;
  request.method = reader_.head().method;
  request.received = read_at_;
  request.resumed = resumed_;
  request.client = client();
  split_target(reader_.target(), request);
  return request;
}

std::string_view Connection::client() const noexcept {
  const std::string_view peer(peer_.data(), peer_size_);
  const ForwardedFor& said = reader_.head().forwarded_for;
  if (!peer_trusted_ || said.count == 0) return peer;
  std::array<std::string_view, ForwardedFor::kMax> values;
  const std::size_t count = reader_.forwarded_for(values);
  return worker_.trusted_proxies().client(peer, std::span(values).first(count));
}

std::uint64_t Connection::park(Clock::time_point deadline) noexcept {
  if (resumed_ || ticket_ != 0) return 0;
  ticket_ = worker_.parked().take(*this, deadline);
  if (ticket_ == 0) worker_.counters().parks_refused.add();
  return ticket_;
}

void Connection::stay() noexcept {
  if (ticket_ == 0) return;
  worker_.parked().leave(ticket_);
  ticket_ = 0;
}

// The answers before this request leave first: the client waits for them, and other connections need
// the worker's buffer.
void Connection::put_aside(Clock::time_point now) noexcept {
  if (!flush(now)) return;
  phase_ = Phase::parked;
  worker_.counters().parked.add();
  worker_.watch_parked();
}

void Connection::resume(Clock::time_point now) noexcept {
  stay();
  resumed_ = true;
  serve(now, true);
}

// False: the connection is writing, or gone; the caller must leave it alone.
bool Connection::flush(Clock::time_point now) noexcept {
  Answers& answers = worker_.answers();
  const std::string_view unsent = answers.unsent();
  if (unsent.empty()) return true;
  error_code ec;
  const std::size_t sent = socket_.write_some(asio::buffer(unsent.data(), unsent.size()), ec);
  if (sent == unsent.size()) {
    answers.clear();
    return true;
  }
  if (ec && ec != asio::error::would_block) {
    answers.clear();
    worker_.counters().client_resets.add();
    destroy();
    return false;
  }
  // A request cannot be parked while there is something to write: it is handled again after that.
  if (ticket_ != 0) {
    stay();
    resumed_ = true;
  }
  // Other connections need the worker's buffer now.
  pending_.assign(unsent.begin() + static_cast<std::ptrdiff_t>(sent), unsent.end());
  pending_sent_ = 0;
  answers.clear();
  phase_ = Phase::write;
  since_ = now;
  write_pending();
  return false;
}

void Connection::write_pending() noexcept {
  socket_.async_write_some(asio::buffer(pending_.data() + pending_sent_, pending_.size() - pending_sent_),
                           [this](const error_code& ec, std::size_t size) { on_written(ec, size); });
}

void Connection::on_written(const error_code& ec, std::size_t size) noexcept {
  if (phase_ == Phase::closed) return destroy();
  if (ec) {
    worker_.counters().client_resets.add();
    return destroy();
  }
  pending_sent_ += size;
  if (pending_sent_ < pending_.size()) return write_pending();
  std::vector<char>().swap(pending_);
  const Clock::time_point now = Clock::now();
  if (closing_) return end(now);
  serve(now, true);
}

void Connection::check_deadline(Clock::time_point now) noexcept {
  const Limits& limits = worker_.limits();
  const Clock::duration spent = now - since_;
  switch (phase_) {
    case Phase::idle:
      if (spent < limits.idle_timeout) return;
      worker_.counters().timeouts_idle.add();
      return close_if_idle();
    case Phase::request:
      if (spent < limits.request_timeout) return;
      worker_.counters().timeouts_request.add();
      return give_up_request(now);
    case Phase::write: {
      if (spent < limits.write_timeout) return;
      worker_.counters().timeouts_write.add();
      // A reset: the kernel shall not keep on offering what nobody takes.
      error_code ignored;
      socket_.set_option(asio::socket_base::linger(true, 0), ignored);
      return cancel();
    }
    case Phase::linger:
      if (spent >= limits.linger_timeout) cancel();
      return;
    case Phase::parked:  // has a deadline of its own
    case Phase::closed: return;
  }
}

// The read stays outstanding and becomes the lingering one.
void Connection::give_up_request(Clock::time_point now) noexcept {
  Answers& answers = worker_.answers();
  Response response = answers.begin();
  answer_error(response, 408, worker_.limits().too_slow);
  Answers::Frame frame;
  frame.close = true;
  answers.finish(response, frame);
  const std::string_view unsent = answers.unsent();
  error_code ignored;
  socket_.write_some(asio::buffer(unsent.data(), unsent.size()), ignored);
  answers.clear();
  linger(now);
}

void Connection::linger(Clock::time_point now) noexcept {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  phase_ = Phase::linger;
  since_ = now;
  linger_left_ = worker_.limits().discard_max;
}

// After the last answer, with no operation outstanding.
void Connection::end(Clock::time_point now) noexcept {
  error_code ignored;
  if (!unread_ && socket_.available(ignored) == 0) return destroy();
  linger(now);
  reader_.abandon();
  read();
}

// The read may have completed, its handler still being due: only the handler knows.
void Connection::close_if_idle() noexcept {
  error_code ignored;
  if (phase_ == Phase::idle) socket_.cancel(ignored);
}

bool Connection::abort() noexcept {
  if (phase_ == Phase::parked) {
    destroy();
    return true;
  }
  const bool in_flight = phase_ == Phase::request || phase_ == Phase::write;
  if (phase_ != Phase::closed) cancel();
  return in_flight;
}

void Connection::cancel() noexcept {
  phase_ = Phase::closed;
  error_code ignored;
  socket_.close(ignored);
}

void Connection::destroy() noexcept {
  worker_.remove(*this);
}

}  // namespace bidwell::http
