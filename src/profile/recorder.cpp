// The recorder's thread: takes showings out of the workers' queues, has Redis (or the table) append them, tells this
// instance's cache of it, and all instances where a cap is full.
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <deque>
#include <mutex>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/histories.h"
#include "bidwell/redis/client.h"

namespace bidwell::profile {
namespace {

namespace asio = boost::asio;

// Appends whose answers are due; what is beyond them waits in the queues.
constexpr std::size_t kInFlightMax = 1024;

struct Task {
  cache::Key user;
  Show show;
  std::array<CapToFill, kCapsToFillMax> caps;
  std::uint8_t cap_count = 0;
  bool again = false;  // an attempt has failed; it may have been done all the same
};

// Whether the showing has filled a cap. Others that came with it may have gone beyond: only who sees exactly `times`
// announces. Not so after an attempt of which nobody knows what came of it: that may have been the one.
bool fills(const Task& task, const History& history) {
  for (const CapToFill& cap : std::span(task.caps).first(task.cap_count)) {
    if (cap.counted != task.show.kind) continue;
    const unsigned times = history.times(cap.what, cap.subject, cap.counted, task.show.at - cap.per_seconds);
    if (times == cap.times || (task.again && times > cap.times)) return true;
  }
  return false;
}

int make_event_fd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

struct Recorder::Impl {
  class Worker final : public Remember {
   public:
    Worker(const int wake_fd, std::size_t queue_max) : tasks(queue_max), wake_fd_(wake_fd) {}

    bool remember(const cache::Key& user, const Show& show, const CapToFill* caps,
                  std::size_t count) noexcept override {
      Task task{user, show, {}, static_cast<std::uint8_t>(std::min(count, kCapsToFillMax)), false};
      std::copy_n(caps, task.cap_count, task.caps.begin());
      const bool room = tasks.push(task);
      if (!room) full.add();
      // Both sides exchange, so that either this sees the recorder awake, or that the task.
      if (room && !awake.exchange(true)) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
      }
      return room;
    }

    boost::lockfree::spsc_queue<Task> tasks;
    alignas(64) std::atomic<bool> awake{false};  // the recorder has been woken and has not looked yet
    Counter full;

   private:
    const int wake_fd_;
  };

  Impl(Options given, cache::Tiered& histories)
      : options(std::move(given)), cache(histories), wake(loop, make_event_fd()), stop_timer(loop) {
    if (options.redis) {
      redis::Client::Events events;
      events.connected = [this] { pump(); };
      events.problem = [this](const std::string& what) { log(what); };
      client = std::make_unique<redis::Client>(loop, *options.redis, std::move(events), options.seed);
    } else if (options.local == nullptr) {
      throw std::invalid_argument("recorder: neither Redis nor a table to remember in");
    }
  }

  void run() {
    if (client) client->start();
    listen();
    pump();
    loop.run();
  }

  void listen() {
    wake.async_read_some(asio::buffer(&wakes, sizeof wakes),
                         [this](const boost::system::error_code& error, std::size_t) {
                           if (error) return;
                           for (const auto& worker : workers) worker->awake.exchange(false);
                           pump();
                           listen();
                         });
  }

  // Sends what there is, as far as it may.
  void pump() {
    Task task;
    while (in_flight < kInFlightMax && (client == nullptr || client->connected()) && next(task)) {
      if (client) {
        append(task);
      } else {
        add(task);
      }
    }
    if (stopping && in_flight + announcing + waiting() == 0) loop.stop();
  }

  bool next(Task& task) {
    if (!failed_once.empty()) {
      task = failed_once.front();
      failed_once.pop_front();
      return true;
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
      turn = (turn + 1) % workers.size();
      if (workers[turn]->tasks.pop(task)) return true;
    }
    return false;
  }

  std::size_t waiting() const {
    std::size_t count = failed_once.size();
    for (const auto& worker : workers) count += worker->tasks.read_available();
    return count;
  }

  void append(const Task& task) {
    char record[kShowBytes];
    encode(task.show, record);
    const std::string name = cache::value_name(options.prefix, task.user);
    const std::string_view keys[] = {name};
    const std::string_view arguments[] = {{record, kShowBytes}, id_size, record_size, shows_max, ttl_ms};
    ++in_flight;
    client->evaluate(script, keys, arguments, std::chrono::steady_clock::now() + options.timeout,
                     [this, task](redis::Failure failure, const redis::Reply& reply) {
                       --in_flight;
                       if (failure == redis::Failure::none && reply.size() == 3) {
                         appended(task, reply);
                       } else {
                         if (reply.is_error()) log(std::string(reply.text()));
                         failed(task);
                       }
                       pump();
                     });
  }

  void failed(const Task& task) {
    if (task.again) return counters.failures.add();
    counters.retries.add();
    failed_once.push_back(task);
    failed_once.back().again = true;
  }

  void appended(const Task& task, const redis::Reply& reply) {
    const auto version = static_cast<std::uint64_t>(reply[0].integer());
    const bool is_new = reply[1].integer() == 1;
    // What this instance reads from now on has the showing in it; what it is reading at this moment may not.
    cache.heard({cache::Announcement::Kind::dropped, {kHistoryClass, task.user}, version, {}});
    if ((is_new || task.again) && fills(task, History::of(reply[2].text()))) announce(task, version);
    count(task, is_new);
  }

  // Nobody waits for the answer: an announcement that is lost is made up for by the TTL.
  void announce(const Task& task, std::uint64_t version) {
    const std::string text =
        "dropped " + options.class_name + " " + cache::key_text(task.user) + " " + std::to_string(version);
    const std::string_view command[] = {"PUBLISH", options.channel, text};
    counters.announced.add();
    ++announcing;
    client->command(command, std::chrono::steady_clock::now() + options.timeout,
                    [this](redis::Failure, const redis::Reply&) {
                      --announcing;
                      pump();
                    });
  }

  void add(const Task& task) {
    const bool is_new = options.local->add(task.user, task.show, history);
    if (is_new) cache.invalidate({kHistoryClass, task.user}, cache::Invalidation::drop, nullptr);
    if (is_new && fills(task, History::of(history))) counters.announced.add();
    count(task, is_new);
  }

  // Last of all: who sees it counted finds it done. What a second attempt finds there, the first has done.
  void count(const Task& task, bool is_new) { (is_new || task.again ? counters.remembered : counters.repeats).add(); }

  void begin_to_stop() {
    stopping = true;
    stop_timer.expires_after(options.stop_within);
    stop_timer.async_wait([this](const boost::system::error_code& error) {
      if (!error) loop.stop();
    });
    pump();
  }

  void stop() {
    if (!thread.joinable()) return;
    asio::post(loop, [this] { begin_to_stop(); });
    thread.join();
    counters.failures.add(in_flight + waiting());
  }

  void log(const std::string& line) {
    if (options.log && std::exchange(last_logged, line) != line) options.log(line);
  }

  const Options options;
  cache::Tiered& cache;
  const redis::Script script{cache::scripts::kAppend};
  const std::string id_size = std::to_string(kShowIdBytes), record_size = std::to_string(kShowBytes),
                    shows_max = std::to_string(kShowsMax),
                    ttl_ms = std::to_string(std::chrono::milliseconds(options.ttl).count());

  RecorderCounters counters;  // `full` is written by counters(), the others by the thread
  std::mutex full_mutex;

  // The thread's.
  asio::io_context loop{1};
  asio::posix::stream_descriptor wake;
  std::uint64_t wakes = 0;
  asio::steady_timer stop_timer;
  std::vector<std::unique_ptr<Worker>> workers;  // constant after start()
  std::size_t turn = 0;
  std::deque<Task> failed_once;
  std::size_t in_flight = 0, announcing = 0;  // appends and announcements without an answer yet
  bool stopping = false;
  std::string history, last_logged;
  std::unique_ptr<redis::Client> client;
  std::thread thread;
};

Recorder::Recorder(Options options, cache::Tiered& cache) : impl_(std::make_unique<Impl>(std::move(options), cache)) {}
Recorder::~Recorder() {
  stop();
}

Remember& Recorder::add_worker() {
  impl_->workers.push_back(std::make_unique<Impl::Worker>(impl_->wake.native_handle(), impl_->options.queue_max));
  return *impl_->workers.back();
}

void Recorder::start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
  pthread_setname_np(impl_->thread.native_handle(), "recorder");
}

void Recorder::stop() {
  impl_->stop();
}

const RecorderCounters& Recorder::counters() const noexcept {
  const std::lock_guard lock(impl_->full_mutex);
  std::uint64_t full = 0;
  for (const auto& worker : impl_->workers) full += worker->full.value();
  impl_->counters.full.add(full - impl_->counters.full.value());
  return impl_->counters;
}

}  // namespace bidwell::profile
