// A temporary folder with a configuration and a catalog for the executable to read.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bidwell::apps::testing {

// A catalog of one campaign that bids on 300x250.
inline std::string catalog_of(const std::string& campaign) {
  return R"({"campaigns": [{"id": ")" + campaign + R"(", "advertiser": "a", "seat": "s",
    "bid": {"model": "cpm", "price": 2}, "creatives": [{"id": "c", "media": "banner", "w": 300,
    "h": 250, "markup": "<p></p>", "adomain": ["a.example"]}]}]})";
}

inline constexpr std::string_view kConfig = R"({
  "http": {"listen": ["127.0.0.1:0"], "workers": 2, "shutdown_timeout_s": 20},
  "catalog": {"file": "catalog.json", "check_interval_s": 0},
  "currencies": {"EUR": 0.5},
  "exchanges": {"demo": {}, "euro": {"currency": "EUR"}}
})";

inline constexpr std::string_view kRequest = R"({"id": "r-1", "tmax": 10000, "cur": ["USD", "EUR"],
  "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "bidfloor": 0.5}], "site": {"id": "s"}})";

class Workplace {
 public:
  Workplace() {
    std::string name = (std::filesystem::temp_directory_path() / "bidwell-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    write("bidwell.json", kConfig);
    write("catalog.json", catalog_of("first"));
    write("request.json", kRequest);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string config() const { return path("bidwell.json"); }

  // Moved into place, so that nobody reads half of it.
  void write(const std::string& name, std::string_view text) const {
    std::ofstream file(path(name + ".new"), std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path(name));
    std::filesystem::rename(path(name + ".new"), path(name));
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace bidwell::apps::testing
