// Replaces what tells of a person in a bid request by other values of the same form, consistently: the same value under
// the same secret becomes the same replacement everywhere, so frequencies, joins and cache behaviour stay.
#pragma once

#include <cstdint>
#include <string>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

struct AnonymiseOptions {
  std::string secret = {};  // HMAC key; whoever has it can try values out: throw it away. Empty: a random one
};

// docs/LOADTEST.md lists the fields. Values that a request has under such a field are replaced wherever else it has them
// as a whole string. Times stay: who has the exchange's own log can join by them. Thread-safe.
class Anonymiser {
 public:
  explicit Anonymiser(const AnonymiseOptions& options);
  // Body, answer's body, and the headers and the target where they tell of a client (Cookie, X-Forwarded-For,
  // Authorization, query values). False: the body is no JSON and was emptied; it cannot be told what is in it.
  bool anonymise(CapturedRequest& request) const;

 private:
  std::string key_;
};

}  // namespace bidwell::replay
