// A handler that puts its requests aside, and the tickets that it got for them.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/http/handlers.h"

namespace bidwell::http::testing {

// Of one worker, on its thread.
using Tickets = std::vector<std::uint64_t>;

// The path's rest says until when: "/park/long" (an hour), "/park/past" (a deadline that is over), "/park/25" (in so
// many milliseconds); "/park/stay" takes it back. Answers "resumed <body>" or "at once <body>".
class Parker : public Handler {
 public:
  explicit Parker(Tickets& tickets) : tickets_(tickets) {}

  void handle(const Request& request, Response& response) override {
    const auto deadline = deadline_of(request.rest);
    const std::uint64_t ticket = response.park(deadline);
    if (ticket != 0) {
      tickets_.push_back(ticket);
      response.set_status(500);
      response.body().append("thrown away");
      if (response.park(deadline) == 0 && request.rest != "stay") return;
      response.stay();
      response.clear_body();
    }
    response.set_status(200);
    response.body().append(request.resumed ? "resumed " : "at once ");
    response.body().append(request.body);
  }

 private:
  static std::chrono::steady_clock::time_point deadline_of(std::string_view text) {
    if (text == "past") return {};
    int ms = 3'600'000;
    std::from_chars(text.data(), text.data() + text.size(), ms);
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  }

  Tickets& tickets_;
};

// The tests' routes and "/park/...". `tickets` must outlive the router.
inline Router parking_router(Tickets& tickets) {
  Router router = make_router();
  router.add({Method::get, Method::head, Method::post}, "park", std::make_unique<Parker>(tickets));
  return router;
}

}  // namespace bidwell::http::testing
