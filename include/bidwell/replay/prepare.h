// Makes a captured request ready to be sent: host, path, headers and what the body shall say are decided once, and
// what differs each time it is sent (ids, times) is left as slots of fixed width that are filled in place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

struct PrepareOptions {
  std::string host = "localhost";        // the Host header
  std::string path = {};                 // in place of the captured target; empty: the captured one, or default_path
  std::string default_path = "/";        // for lines without one
  std::vector<Header> set_headers = {};  // replaced, or added
  std::vector<std::string> drop_headers = {};
  bool unique_ids = true;                     // the request's id gets a suffix of its own: "-" and 13 characters
  std::optional<std::uint32_t> tmax_ms = {};  // in place of the request's; added where it has none
  std::vector<std::string> time_keys = {};  // numbers under these keys (at any depth) that look like Unix times (s, ms
                                            // or us by their digits) become the time of sending
  bool gzip = false;  // compress bodies (no slots then: each id is as captured)
};

struct Slot {
  enum class Kind : std::uint8_t { unique, unix_s, unix_ms, unix_us };
  std::uint32_t offset = 0;
  Kind kind = Kind::unique;  // widths 13, 10, 13 and 16
};

struct Prepared {
  std::int64_t at_ns = CapturedRequest::kNoTime;
  std::uint64_t flow = 0;
  std::uint32_t tmax_ms = 0;  // that the request now says; 0: none
  std::uint32_t body_at = 0;  // where the body begins in `bytes`
  std::string bytes;          // head and body: HTTP/1.1 keep-alive with a Content-Length
  std::vector<Slot> slots;
  std::optional<CapturedAnswer> answer;
};

// A body that is no JSON is sent as it is. Connection, Content-Length, Transfer-Encoding, Content-Encoding and Expect
// of the capture are not sent (nor Accept-Encoding unless set: answers come plain); all other headers are, unless
// replaced or dropped.
Prepared prepare(CapturedRequest&& request, const PrepareOptions& options);

// Writes the slots into `bytes`, a copy of Prepared::bytes. `unique` is different for each request sent in any run.
void fill_slots(std::string& bytes, const Prepared& prepared, std::uint64_t unique, std::int64_t now_us) noexcept;

// Which requests are sent: the choice is by the request alone, so that each run makes the same.
struct SelectOptions {
  std::vector<std::string> hosts = {};         // only these Host headers; empty: all
  std::vector<std::string> paths = {};         // only targets that begin with one of these; empty: all
  double sample = 1;                           // this share, by a hash of the body (all of what is alike, or none)
  bool all_methods = false;                    // not only POSTs with a JSON object
  std::uint64_t skip = 0, limit = UINT64_MAX;  // of what is left
};

class Selection {
 public:
  explicit Selection(SelectOptions options);
  // Nothing: it is to be sent; else why not (past `limit` it is `filtered`; see done()).
  std::optional<Loss> refuse(const CapturedRequest& request);
  bool done() const noexcept { return taken_ >= options_.limit; }

 private:
  SelectOptions options_;
  std::uint64_t skipped_ = 0, taken_ = 0;
};

}  // namespace bidwell::replay
