// Plays TCP: what happens on each connection are events in order of time; sequence numbers are given when an event's
// turn comes, so they are right however connections and pipelined requests interleave.
#include "bidwell/replay/make_pcap.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <queue>
#include <stdexcept>
#include <unordered_map>

#include "bidwell/core/hash.h"
#include "bidwell/core/text.h"
#include "replay/http_text.h"
#include "replay/tcp_frames.h"

namespace bidwell::replay {
namespace {

constexpr std::int64_t kMicrosecond = 1'000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;  // of requests without times: November 2023
constexpr std::int64_t kAnswerAfter = kMillisecond;       // where none was captured
constexpr std::int64_t kWindow = 5 * kSecond;             // within which times may go back
constexpr unsigned kWindowScale = 7;

enum class Step : std::uint8_t { syn, syn_ack, data, ack, fin };

struct Event {
  std::int64_t at_ns = 0;
  std::uint64_t order = 0;  // of those at the same time
  std::uint32_t connection = 0;
  Step step = Step::data;
  bool by_client = true;
  bool last = false;  // of a message
  std::string bytes = {};
};

struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.order > b.order;
  }
};

// One end of a connection.
struct Side {
  std::uint32_t next = 0;   // sequence number
  std::uint32_t acked = 0;  // the other side's, as told last
};

struct Connection {
  std::uint32_t number = 0;
  Side client, server;
  std::int64_t client_ns = 0, server_ns = 0;  // of the last data that was planned
};

const char* reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 400: return "Bad Request";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

// A body as it is now, decoded, whatever framing the capture had: Content-Length stays in its place.
void write_headers(std::string& out, const std::vector<Header>& headers, std::optional<std::size_t> content_length) {
  bool told = !content_length;
  for (const Header& header : headers) {
    if (!told && ascii_iequal(header.name, "Content-Length")) {
      write_header(out, header.name, std::to_string(*content_length));
      told = true;
    } else if (!is_framing(header.name)) {
      write_header(out, header.name, header.value);
    }
  }
  if (!told) write_header(out, "Content-Length", std::to_string(*content_length));
  out.append("\r\n");
}

std::string message_of(const CapturedRequest& request, const MakePcapOptions& options) {
  std::string out;
  write_request_line(out, request.method, request.target.empty() ? options.path : request.target);
  if (header_of(request.headers, "Host") == nullptr) write_header(out, "Host", options.host);
  const bool has_body = !request.body.empty() || request.method == "POST";
  if (has_body && request.headers.empty()) write_header(out, "Content-Type", "application/json");
  write_headers(out, request.headers, has_body ? std::optional(request.body.size()) : std::nullopt);
  return out.append(request.body);
}

std::string message_of(const std::optional<CapturedAnswer>& answer, bool of_head) {
  if (!answer || answer->status < 200 || answer->status > 999) return "HTTP/1.1 204 No Content\r\n\r\n";
  std::string out = "HTTP/1.1 " + std::to_string(answer->status) + " " + reason_of(answer->status) + "\r\n";
  const bool bodiless = of_head || answer->status == 204 || answer->status == 304;
  write_headers(out, answer->headers, bodiless ? std::nullopt : std::optional(answer->body.size()));
  return bodiless ? out : out.append(answer->body);
}

}  // namespace

struct PcapWriter::Impl {
  Impl(const std::string& file, const MakePcapOptions& with)
      : options(with),
        frames(with),
        pcap(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262'144, PCAP_TSTAMP_PRECISION_NANO)) {
    dumper = pcap_dump_open(pcap, file.c_str());
    if (dumper == nullptr) {
      const std::string why = pcap_geterr(pcap);
      pcap_close(pcap);
      throw std::runtime_error(why);
    }
  }

  ~Impl() {
    pcap_dump_close(dumper);
    pcap_close(pcap);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void plan(Event event) {
    event.at_ns = std::max(event.at_ns, written_ns);
    event.order = next_order++;
    events.push(std::move(event));
  }

  // In segments, the first at `first_ns`, a microsecond between them; the other side acknowledges each second one.
  void plan_message(Connection& on, bool by_client, std::int64_t first_ns, std::string_view message) {
    std::int64_t at = first_ns;
    for (std::size_t segment = 0; !message.empty(); ++segment, at += kMicrosecond) {
      const std::string_view bytes = message.substr(0, options.mss);
      message.remove_prefix(bytes.size());
      plan({.at_ns = at,
            .connection = on.number,
            .by_client = by_client,
            .last = message.empty(),
            .bytes = std::string(bytes)});
      if (segment % 2 == 1 || message.empty()) {
        plan({.at_ns = at + 20 * kMicrosecond, .connection = on.number, .step = Step::ack, .by_client = !by_client});
      }
    }
    (by_client ? on.client_ns : on.server_ns) = at;
  }

  Connection& connection_of(std::uint64_t flow, std::int64_t at_ns) {
    // Flows of the capture and those that stand for requests without one do not meet.
    const bool known = flow != 0;
    auto& numbers = known ? known_flows : own_flows;
    const auto [found, is_new] = numbers.try_emplace(known ? flow : turn++ % options.connections, connections.size());
    if (!is_new) return connections[found->second];
    Connection& made = connections.emplace_back();
    made.number = static_cast<std::uint32_t>(connections.size() - 1);
    const std::uint64_t first = mix(made.number, 0x69736e);
    made.client.next = static_cast<std::uint32_t>(first), made.server.next = static_cast<std::uint32_t>(first >> 32);
    plan({.at_ns = at_ns - 300 * kMicrosecond, .connection = made.number, .step = Step::syn});
    plan({.at_ns = at_ns - 200 * kMicrosecond, .connection = made.number, .step = Step::syn_ack, .by_client = false});
    plan({.at_ns = at_ns - 100 * kMicrosecond, .connection = made.number, .step = Step::ack});
    return made;
  }

  void write(const CapturedRequest& request) {
    const auto gap = static_cast<std::int64_t>(1e9 / options.rate * static_cast<double>(untimed));
    const bool timed = request.at_ns != CapturedRequest::kNoTime;
    if (!timed) ++untimed;
    const std::int64_t asked = std::max<std::int64_t>(timed ? request.at_ns : kStart + gap, 0);
    newest_ns = std::max(newest_ns, asked);
    if (asked < written_ns) ++moved;
    Connection& on = connection_of(request.flow, asked);
    const std::int64_t at = std::max(asked, on.client_ns);
    plan_message(on, true, at, message_of(request, options));
    const std::string answer = message_of(request.answer, request.method == "HEAD");
    const auto segments = static_cast<std::int64_t>((answer.size() + options.mss - 1) / options.mss);
    const bool answered = request.answer && request.answer->at_ns != CapturedAnswer::kNoTime;
    const std::int64_t begun =
        answered ? request.answer->at_ns - (segments - 1) * kMicrosecond : on.client_ns + kAnswerAfter;
    plan_message(on, false, std::max({begun, on.client_ns, on.server_ns}), answer);
    play(newest_ns - kWindow);
  }

  void finish() {
    play(INT64_MAX);
    for (const Connection& on : connections) {
      const std::int64_t at = std::max({on.client_ns, on.server_ns, written_ns}) + kMillisecond;
      plan({.at_ns = at, .connection = on.number, .step = Step::fin});
      plan({.at_ns = at + 100 * kMicrosecond, .connection = on.number, .step = Step::fin, .by_client = false});
      plan({.at_ns = at + 200 * kMicrosecond, .connection = on.number, .step = Step::ack});
    }
    play(INT64_MAX);
    if (pcap_dump_flush(dumper) != 0) throw std::runtime_error("the capture could not be written to its end");
  }

  void play(std::int64_t until_ns) {
    while (!events.empty() && events.top().at_ns <= until_ns) {
      play(events.top());
      written_ns = events.top().at_ns;
      events.pop();
    }
  }

  void play(const Event& event) {
    Connection& on = connections[event.connection];
    Side& from = event.by_client ? on.client : on.server;
    const Side& to = event.by_client ? on.server : on.client;
    if (event.step == Step::ack && from.acked == to.next) return;  // told with data already
    Tins::TCP head;
    head.seq(from.next);
    head.window(65'535);
    std::uint32_t flags = event.step == Step::syn ? 0 : Tins::TCP::ACK;
    if (event.step == Step::syn || event.step == Step::syn_ack) {
      flags |= Tins::TCP::SYN;
      head.mss(options.mss);
      head.winscale(kWindowScale);
      ++from.next;
    } else if (event.step == Step::fin) {
      flags |= Tins::TCP::FIN;
      ++from.next;
    } else if (event.last) {
      flags |= Tins::TCP::PSH;
    }
    head.flags(static_cast<std::uint16_t>(flags));
    if ((flags & Tins::TCP::ACK) != 0) head.ack_seq(from.acked = to.next);
    from.next += static_cast<std::uint32_t>(event.bytes.size());
    write_frame(event.at_ns, frames.frame(event.connection, event.by_client, head, event.bytes));
  }

  void write_frame(std::int64_t at_ns, const std::vector<std::uint8_t>& frame) {
    pcap_pkthdr head{};
    head.ts.tv_sec = at_ns / kSecond;
    head.ts.tv_usec = at_ns % kSecond;  // nanoseconds, as the file was opened for them
    head.caplen = head.len = static_cast<bpf_u_int32>(frame.size());
    pcap_dump(reinterpret_cast<u_char*>(dumper), &head, frame.data());
    if (std::ferror(pcap_dump_file(dumper)) != 0)
      throw std::runtime_error("the capture cannot be written (disk full?)");
    ++packets;
  }

  const MakePcapOptions options;
  TcpFrames frames;
  pcap_t* const pcap;
  pcap_dumper_t* dumper = nullptr;
  std::priority_queue<Event, std::vector<Event>, Later> events;
  std::vector<Connection> connections;
  std::unordered_map<std::uint64_t, std::size_t> known_flows, own_flows;
  std::uint64_t next_order = 0, turn = 0, untimed = 0, packets = 0, moved = 0;
  std::int64_t newest_ns = 0, written_ns = 0;
};

PcapWriter::PcapWriter(const std::string& file, const MakePcapOptions& options) {
  if (options.mss == 0 || options.connections == 0 || !(options.rate > 0)) {
    throw std::runtime_error("make-pcap: mss, connections and rate must be more than 0");
  }
  try {
    impl_ = std::make_unique<Impl>(file, options);
  } catch (const Tins::exception_base& error) {
    throw std::runtime_error(std::string("make-pcap: an address is none: ") + error.what());
  }
}

PcapWriter::~PcapWriter() = default;

void PcapWriter::write(const CapturedRequest& request) {
  impl_->write(request);
}

void PcapWriter::finish() {
  impl_->finish();
}

std::uint64_t PcapWriter::packets() const noexcept {
  return impl_->packets;
}

std::uint64_t PcapWriter::moved() const noexcept {
  return impl_->moved;
}

}  // namespace bidwell::replay
