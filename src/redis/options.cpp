// Reading Redis' addresses.
#include "bidwell/redis/options.h"

#include <sys/un.h>

#include <charconv>
#include <utility>

namespace bidwell::redis {
namespace {

constexpr std::size_t kUnixPathMax = sizeof(sockaddr_un::sun_path) - 1;

// Takes `prefix` off `text`.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// What stands before `mark`, which is taken off too; nothing where there is none.
std::optional<std::string_view> take_until(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

template <class Number>
bool read_number(std::string_view text, Number min, Number max, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && number >= min && number <= max;
}

// RFC 3986, 2.1.
bool decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text.size() - i < 3 || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2 || byte == 0) {
      return false;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

bool read_database(std::string_view text, Options& options) {
  return read_number(text, 0, 1'000'000, options.database);
}

bool read_credentials(std::string_view text, Options& options) {
  const auto user = take_until(text, ':');
  return user && decode(*user, options.username) && decode(text, options.password) && !options.password.empty();
}

// "host[:port]", the host in brackets if it is an IPv6 address.
std::string read_host(std::string_view text, Options& options) {
  std::string_view host = text;
  bool has_port = false;
  if (take(text, "[")) {
    const auto address = take_until(text, ']');
    if (!address) return "a bracket that is not closed";
    host = *address;
    has_port = take(text, ":");
    if (!has_port && !text.empty()) return "no \":\" between host and port";
  } else if (const auto name = take_until(text, ':')) {
    host = *name;
    has_port = true;
  }
  if (host.empty()) return "no host";
  if (has_port && !read_number<std::uint16_t>(text, 1, 65535, options.port)) return "the port is none of 1 to 65535";
  options.host = host;
  return "";
}

std::string read_tcp(std::string_view rest, Options& options) {
  std::string_view authority = rest.substr(0, rest.find('/'));
  rest.remove_prefix(authority.size());
  if (const auto credentials = take_until(authority, '@'); credentials && !read_credentials(*credentials, options)) {
    return "before the @ stands no \"user:password\" (percent-encoded)";
  }
  if (std::string fault = read_host(authority, options); !fault.empty()) return fault;
  if (take(rest, "/") && !rest.empty() && !read_database(rest, options)) return "the database is no number";
  return "";
}

std::string read_unix(std::string_view rest, Options& options) {
  if (!rest.starts_with('/')) {
    const auto credentials = take_until(rest, '@');
    if (!credentials || !read_credentials(*credentials, options)) {
      return "before the path stands no \"user:password@\" (percent-encoded)";
    }
  }
  std::string_view query;
  if (const auto path = take_until(rest, '?')) {
    query = std::exchange(rest, *path);
    if (!take(query, "database=") || !read_database(query, options)) return "after the ? stands no \"database=N\"";
  }
  if (!rest.starts_with('/') || !decode(rest, options.unix_path)) return "the path is none";
  return "";
}

}  // namespace

std::string fault_of(const Options& options) {
  if (options.host.empty() == options.unix_path.empty()) return "neither a host nor a Unix socket's path, or both";
  if (options.unix_path.size() > kUnixPathMax) {
    return "a Unix socket's path has at most " + std::to_string(kUnixPathMax) + " bytes";
  }
  return "";
}

std::optional<Options> parse_url(std::string_view url, std::string& fault) {
  Options options;
  if (take(url, "redis://")) {
    fault = read_tcp(url, options);
  } else if (take(url, "redis+unix://") || take(url, "unix://")) {
    fault = read_unix(url, options);
  } else {
    fault = "it begins with neither redis:// nor redis+unix://";
  }
  if (fault.empty()) fault = fault_of(options);
  if (!fault.empty()) return std::nullopt;
  return options;
}

}  // namespace bidwell::redis
