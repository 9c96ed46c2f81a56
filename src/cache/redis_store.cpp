#include "bidwell/cache/redis_store.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "bidwell/cache/redis_values.h"
#include "bidwell/core/hash.h"
#include "cache/breaker.h"
#include "cache/redis_clock.h"

namespace bidwell::cache {
namespace {

namespace asio = boost::asio;
using redis::Failure;
using redis::Reply;
using Kind = Reply::Kind;

constexpr std::chrono::seconds kClockInterval{10};
// Asked again soon while the answer was slow.
constexpr milliseconds kClockErrorMax{5}, kClockSoon{200};
constexpr milliseconds kClockTimeout{500};
constexpr std::string_view kTracked = "__redis__:invalidate";

std::string text_of_ms(Duration duration) {
  return std::to_string(std::max<std::int64_t>(1, std::chrono::duration_cast<milliseconds>(duration).count()));
}

std::uint64_t unsigned_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

struct RedisStore::Impl {
  Impl(asio::io_context& context, RedisStoreOptions given)
      : loop(context),
        options(std::move(given)),
        breaker(mix(options.seed, 2)),
        clock_timer(loop),
        data(loop, options.redis, data_events(), mix(options.seed, 3)),
        listening(loop, options.redis, listening_events(), mix(options.seed, 4)) {
    next_token = mix(options.seed, 5);
    for (const ClassOptions& cls : options.classes) tracked = tracked || cls.written_by_others;
    std::vector<std::string> channels = {options.channel};
    if (tracked) channels.emplace_back(kTracked);
    listening.subscribe(std::move(channels), [this] {
      missed();
      track();
    });
    data.start();
    listening.start();
  }

  redis::Client::Events data_events() {
    redis::Client::Events events;
    events.connected = [this] {
      clock.forget();
      ask_time();
      track();
    };
    events.problem = [this](const std::string& what) { log("Redis: " + what); };
    return events;
  }

  redis::Client::Events listening_events() {
    redis::Client::Events events;
    events.message = [this](std::string_view channel, const Reply& payload) {
      if (channel == kTracked) {
        on_changes(payload);
      } else {
        on_announcement(payload.text());
      }
    };
    events.problem = [this](const std::string& what) { log("Redis, announcements: " + what); };
    return events;
  }

  void log(const std::string& line) const {
    if (options.log) options.log(line);
  }

  // Again after either connection was opened anew: Redis forgets the one, and the other's number changes. What changed
  // in between was not heard of. (NOLOOP would not spare us our own commits: it does not see what scripts write. A
  // value that we committed is read once more.)
  void track() {
    if (!tracked || !data.connected() || listening.id() == 0) return;
    const std::string id = std::to_string(listening.id());
    std::vector<std::string_view> command = {"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST"};
    for (const ClassOptions& cls : options.classes) {
      if (!cls.written_by_others) continue;
      command.insert(command.end(), {"PREFIX", cls.prefix});
    }
    const Time deadline = std::chrono::steady_clock::now() + kClockTimeout;
    constexpr std::string_view off[] = {"CLIENT", "TRACKING", "OFF"};
    data.command(off, deadline, nullptr);
    data.command(command, deadline, [this](Failure failure, const Reply& reply) {
      if (failure == Failure::none && reply.kind() == Kind::error) {
        log("Redis: CLIENT TRACKING: " + std::string(reply.text()));
      }
      missed();
    });
  }

  void ask_time() {
    constexpr std::string_view command[] = {"TIME"};
    const Time asked = std::chrono::steady_clock::now();
    data.command(command, asked + kClockTimeout, [this, asked](Failure failure, const Reply& reply) {
      const Time now = std::chrono::steady_clock::now();
      if (reply.kind() == Kind::error) log_error(reply);
      if (failure == Failure::none && reply.size() == 2) {
        clock.set(unsigned_of(reply[0].text()) * 1'000'000 + unsigned_of(reply[1].text()), asked, now);
      }
      const bool good = clock.known() && clock.error_at(now) <= kClockErrorMax;
      clock_timer.expires_at(now + (good ? Duration(kClockInterval) : Duration(kClockSoon)));
      clock_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) ask_time();
      });
    });
  }

  void on_announcement(std::string_view text) {
    const std::string_view kind = next_word(text), name = next_word(text), key_word = next_word(text);
    Announcement what;
    what.version = unsigned_of(text);
    const auto cls = class_named(name);
    const auto key = parse_key_text(key_word);
    if (!cls || !key || what.version == 0 || !listener.announced) return;
    if (kind == "expired") {
      what.kind = Announcement::Kind::expired;
    } else if (kind == "dropped") {
      what.kind = Announcement::Kind::dropped;
    } else if (kind != "committed") {
      return;
    }
    what.slot = {*cls, *key};
    if (clock.known()) what.lag = std::chrono::steady_clock::now() - clock.time_of(what.version);
    listener.announced(what);
  }

  void on_changes(const Reply& names) {
    if (names.kind() != Kind::array) return missed();  // FLUSHALL
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t cls = 0; cls < options.classes.size(); ++cls) {
        const auto key = parse_value_name(options.classes[cls].prefix, names[i].text());
        if (key && listener.changed) listener.changed({static_cast<ClassId>(cls), *key});
      }
    }
  }

  std::optional<ClassId> class_named(std::string_view name) const {
    for (std::size_t cls = 0; cls < options.classes.size(); ++cls) {
      if (options.classes[cls].name == name) return static_cast<ClassId>(cls);
    }
    return std::nullopt;
  }

  void missed() {
    if (listener.missed) listener.missed();
  }

  // Every call ends here once.
  void count(bool good, const Reply& reply) {
    const Time now = std::chrono::steady_clock::now();
    const Breaker::State before = breaker.state();
    if (good) {
      breaker.succeeded(now);
    } else {
      breaker.failed(now);
    }
    if (reply.kind() == Kind::error) log_error(reply);
    if (before == breaker.state()) return;
    if (before == Breaker::State::closed) log("Redis: most calls fail; it is left alone for a while");
    if (breaker.state() == Breaker::State::closed) log("Redis: it answers again");
  }

  void log_error(const Reply& reply) {
    if (last_error == reply.text()) return;
    last_error = reply.text();
    log("Redis: " + last_error);
  }

  Duration clock_error() const { return clock.error_at(std::chrono::steady_clock::now()); }

  Stored stored_of(const Reply& reply) const {
    Stored stored;
    if (reply.is_nil()) return stored;
    const auto envelope = open_envelope(reply.text());
    if (!envelope) {
      stored.kind = Stored::Kind::nonsense;
      return stored;
    }
    stored.kind = envelope->negative ? Stored::Kind::negative : Stored::Kind::value;
    stored.expired = envelope->expired;
    stored.version = envelope->version;
    stored.born = clock.time_of(envelope->born) - clock_error();
    // Redis' clock was set back, or it is another Redis: nobody knows how old this is.
    if (const Time now = std::chrono::steady_clock::now(); stored.born > now) {
      stored.born = now;
      stored.expired = true;
    }
    stored.bytes = envelope->bytes;
    return stored;
  }

  const ClassOptions& cls(const Slot& slot) const { return options.classes[slot.cls]; }
  std::string announcement(const Slot& slot) const { return cls(slot).name + " " + key_text(slot.key); }

  // `done` gets whether there is a good reply, and the reply.
  template <class Done>
  void evaluate(const redis::Script& script, const Slot& slot, std::span<const std::string_view> arguments,
                Time deadline, Done done) {
    const std::string value = value_name(cls(slot).prefix, slot.key), lease = lease_name(cls(slot).prefix, slot.key);
    const std::string_view keys[] = {value, lease};
    data.evaluate(script, keys, arguments, deadline,
                  [this, done = std::move(done)](Failure failure, const Reply& reply) {
                    // An error is an answer: a Redis that is full can still be read.
                    count(failure == Failure::none, reply);
                    done(failure == Failure::none && reply.kind() != Kind::error, reply);
                  });
  }

  asio::io_context& loop;
  const RedisStoreOptions options;
  const redis::Script acquire{scripts::kAcquire}, commit{scripts::kCommit}, invalidate{scripts::kInvalidate},
      put{scripts::kPut};
  Breaker breaker;
  RedisClock clock;
  Listener listener;
  bool tracked = false;
  std::uint64_t next_token = 0;
  std::string last_error;
  asio::steady_timer clock_timer;
  redis::Client data;
  redis::Client listening;
};

RedisStore::RedisStore(asio::io_context& loop, RedisStoreOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
RedisStore::~RedisStore() = default;

bool RedisStore::usable(Time now) {
  return impl_->data.connected() && impl_->clock.known() && impl_->breaker.would_allow(now);
}

void RedisStore::read(std::span<const Slot> slots, Time deadline, std::function<void(std::span<const Stored>)> done) {
  if (!usable(std::chrono::steady_clock::now()) || !impl_->breaker.allow(std::chrono::steady_clock::now())) {
    asio::post(impl_->loop, [done = std::move(done)] { done({}); });
    return;
  }
  std::vector<std::string> names;
  names.reserve(slots.size());
  for (const Slot& slot : slots) names.push_back(value_name(impl_->cls(slot).prefix, slot.key));
  std::vector<std::string_view> command = {"MGET"};
  command.insert(command.end(), names.begin(), names.end());
  impl_->data.command(command, deadline,
                      [this, count = slots.size(), done = std::move(done)](Failure failure, const Reply& reply) {
                        const bool good = failure == Failure::none && reply.size() == count;
                        impl_->count(good, reply);
                        if (!good) return done({});
                        std::vector<Stored> stored;
                        stored.reserve(count);
                        for (std::size_t i = 0; i < count; ++i) stored.push_back(impl_->stored_of(reply[i]));
                        done(stored);
                      });
}

void RedisStore::acquire(const Slot& slot, std::uint64_t known, bool waits, Duration lease, Time deadline,
                         std::function<void(const Lease&)> done) {
  const std::uint64_t token = std::max<std::uint64_t>(1, impl_->next_token = mix(impl_->next_token, 7));
  const std::string known_text = std::to_string(known), token_text = std::to_string(token), ms = text_of_ms(lease);
  const std::string_view arguments[] = {known_text, token_text, ms, waits ? "1" : "0"};
  impl_->evaluate(impl_->acquire, slot, arguments, deadline,
                  [this, token, done = std::move(done)](bool good, const Reply& reply) {
                    Lease out;
                    const std::string_view word = reply[0].text();
                    if (!good || word.empty()) return done(out);
                    if (word == "won") {
                      out.kind = Lease::Kind::won;
                      out.token = token;
                    } else if (word == "busy") {
                      out.kind = Lease::Kind::busy;
                      out.left = milliseconds(reply[1].integer());
                    } else if (word == "newer") {
                      out.kind = Lease::Kind::newer;
                      out.stored = impl_->stored_of(reply[1]);
                    }
                    done(out);
                  });
}

void RedisStore::commit(const Slot& slot, std::uint64_t token, bool negative, std::string_view bytes, Time born,
                        Duration ttl, Time deadline, std::function<void(const Commit&)> done) {
  const std::string token_text = std::to_string(token), ttl_ms = text_of_ms(ttl), what = impl_->announcement(slot);
  const std::string born_us = std::to_string(impl_->clock.microseconds_at(born - impl_->clock_error()));
  const std::string_view flags = negative ? "1" : "0";
  const auto answered = [done = std::move(done)](bool good, const Reply& reply) {
    Commit out;
    if (good && reply.kind() == Kind::integer) {
      out.version = static_cast<std::uint64_t>(reply.integer());
      out.kind = out.version == 0 ? Commit::Kind::rejected : Commit::Kind::done;
    }
    done(out);
  };
  if (token == 0) {
    const std::string_view arguments[] = {flags, bytes, ttl_ms, "", what};
    impl_->evaluate(impl_->put, slot, arguments, deadline, answered);
  } else {
    const std::string_view arguments[] = {token_text, flags, bytes, ttl_ms, born_us, impl_->options.channel, what};
    impl_->evaluate(impl_->commit, slot, arguments, deadline, answered);
  }
}

void RedisStore::invalidate(const Slot& slot, Invalidation how, Time deadline,
                            std::function<void(std::uint64_t)> done) {
  const std::string what = impl_->announcement(slot);
  const std::string_view arguments[] = {how == Invalidation::drop ? "dropped" : "expired", impl_->options.channel,
                                        what};
  impl_->evaluate(impl_->invalidate, slot, arguments, deadline,
                  [done = std::move(done)](bool good, const Reply& reply) {
                    done(good ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply.integer())) : 0);
                  });
}

std::uint64_t RedisStore::version_at(Time now) const {
  // Rather too old than newer than what was stored since.
  return impl_->clock.microseconds_at(now - impl_->clock_error());
}

void RedisStore::listen(Listener listener) {
  impl_->listener = std::move(listener);
}

}  // namespace bidwell::cache
