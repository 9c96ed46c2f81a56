// A handful of routes: a linear search is as fast as any.
#include "bidwell/http/router.h"

#include <utility>

namespace bidwell::http {
namespace {

constexpr unsigned bit(Method method) {
  return 1U << static_cast<unsigned>(method);
}

std::string allow_line(unsigned methods) {
  std::string names;
  const auto add = [&](Method method, const char* name) {
    if ((methods & bit(method)) == 0) return;
    if (!names.empty()) names += ", ";
    names += name;
  };
  add(Method::get, "GET");
  add(Method::head, "HEAD");
  add(Method::post, "POST");
  return "Allow: " + names + "\r\n";
}

}  // namespace

void answer_error(Response& response, unsigned status, std::string_view reason) {
  response.clear_body();
  response.set_status(status);
  response.set_content_type("application/json");
  OutputBuffer& body = response.body();
  body.append(R"({"error":")");
  body.append(reason);
  body.append("\"}\n");
}

void Router::add(std::vector<Method> methods, std::string first_segment, std::unique_ptr<Handler> handler) {
  unsigned allowed = 0;
  for (const Method method : methods) allowed |= bit(method);
  routes_.push_back({std::move(first_segment), allowed, allow_line(allowed), std::move(handler)});
}

const Router::Route* Router::find(const Request& request, Response& response) const {
  for (const Route& route : routes_) {
    if (route.first_segment != request.first_segment) continue;
    if ((route.methods & bit(request.method)) != 0 && request.method != Method::other) return &route;
    response.set_extra_header(route.allow);
    answer_error(response, 405, "method not allowed here");
    return nullptr;
  }
  answer_error(response, 404, "no such path");
  return nullptr;
}

void Router::route(const Request& request, Response& response) const {
  if (const Route* route = find(request, response)) route->handler->handle(request, response);
}

bool Router::refuse(const Request& request, Response& response) const {
  return find(request, response) == nullptr;
}

}  // namespace bidwell::http
