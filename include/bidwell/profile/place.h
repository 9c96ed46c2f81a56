// The places where profiles stand, as tools see them: to load many, to look one up, to erase one. Control plane: slow,
// simple, and what fails throws std::runtime_error.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bidwell/cache/slot.h"
#include "bidwell/redis/options.h"

namespace bidwell::profile {

struct Row {
  cache::Key key;
  std::string profile;  // in its binary form
};

class Loader {
 public:
  virtual ~Loader() = default;

  // The last row of a key counts. The first call may be on another thread than the construction; the others on the
  // same.
  virtual void put(std::span<const Row> rows) = 0;
  // Everything put stands for good when it returns. Without it a file and a table stay as they were.
  virtual void finish() = 0;
};

// Not thread-safe.
class Place {
 public:
  struct Standing {
    bool negative = false;  // known not to exist
    std::string profile;    // in its binary form, if it is one
    std::string note;       // for people: since when, until when
  };

  virtual ~Place() = default;
  virtual std::string_view name() const = 0;  // "file", "redis", "postgres"

  virtual std::optional<Standing> find(const cache::Key& key) = 0;

  // `replace`: what stands there and is not loaded goes. Redis cannot; there it is left to its time to live.
  virtual std::unique_ptr<Loader> load(bool replace) = 0;

  // Returns whether there was something.
  virtual bool remove(const cache::Key& key) = 0;
};

// The local profile file. One tool at a time may write it.
std::unique_ptr<Place> file_place(std::string path);

// Table bidwell.profiles; made where it is missing.
std::unique_ptr<Place> postgres_place(const std::string& url);

struct RedisPlaceOptions {
  redis::Options redis;
  std::string prefix;                // of the cache's class
  std::string class_name;            // in announcements
  std::string channel;               // of announcements
  std::chrono::milliseconds ttl{0};  // of what is loaded; 0: kept for ever
};
// Values as the cache writes them. A removal is announced to all instances.
std::unique_ptr<Place> redis_place(RedisPlaceOptions options);

}  // namespace bidwell::profile
