// Handlers that show what arrived: a test can tell one request from another by its answer.
#pragma once

#include <memory>
#include <string>

#include "bidwell/http/router.h"

namespace bidwell::http::testing {

// "<length>:<body>".
class Echo : public Handler {
 public:
  void handle(const Request& request, Response& response) override {
    // The padding may be read.
    for (std::size_t i = 0; i < kBodyPadding; ++i) sum_ = sum_ + request.body.data()[request.body.size() + i];
    response.set_status(200);
    response.body().append_number(request.body.size());
    response.body().append(':');
    response.body().append(request.body);
  }

 private:
  volatile int sum_ = 0;
};

// "<method> <path> <query> <first> <rest>".
class Show : public Handler {
 public:
  void handle(const Request& request, Response& response) override {
    constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "other"};
    response.set_status(200);
    OutputBuffer& body = response.body();
    body.append(kMethods[static_cast<std::size_t>(request.method)]);
    for (const std::string_view part : {request.path, request.query, request.first_segment, request.rest}) {
      body.append(' ');
      body.append(part);
    }
  }
};

class Nothing : public Handler {
 public:
  void handle(const Request&, Response&) override {}
};

// As many bytes as the path says: "/big/100000".
class Big : public Handler {
 public:
  void handle(const Request& request, Response& response) override {
    response.set_status(200);
    const std::size_t size = std::stoul(std::string(request.rest));
    for (std::size_t i = 0; i < size; ++i) response.body().append(static_cast<char>('a' + i % 26));
  }
};

inline Router make_router(unsigned = 0) {
  Router router;
  router.add({Method::post}, "echo", std::make_unique<Echo>());
  router.add({Method::get, Method::head, Method::post}, "show", std::make_unique<Show>());
  router.add({Method::get, Method::post}, "nothing", std::make_unique<Nothing>());
  router.add({Method::get, Method::head}, "big", std::make_unique<Big>());
  return router;
}

}  // namespace bidwell::http::testing
