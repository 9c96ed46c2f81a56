// Finds the handler for a request by method and first path segment. One per worker; filled at
// start-up, not changed after.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bidwell/http/message.h"

namespace bidwell::http {

class Router {
 public:
  // `methods`: which of GET, HEAD and POST the route answers; the others get 405 with an Allow
  // header.
  void add(std::vector<Method> methods, std::string first_segment, std::unique_ptr<Handler> handler);

  // Calls the handler, or answers 404 or 405 with a one-line JSON error.
  void route(const Request& request, Response& response) const;

  // Answers 404 or 405 and returns true where route() would, without the body being there yet.
  bool refuse(const Request& request, Response& response) const;

 private:
  struct Route {
    std::string first_segment;
    unsigned methods;  // bit per Method
    std::string allow;
    std::unique_ptr<Handler> handler;
  };
  const Route* find(const Request& request, Response& response) const;

  std::vector<Route> routes_;
};

}  // namespace bidwell::http
