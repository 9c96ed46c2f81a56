// bidwell profiles show, key and remove: one user, wherever he is known.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "apps/profile_places.h"
#include "apps/setup.h"
#include "bidwell/cache/redis_values.h"
#include "bidwell/profile/profile.h"

namespace bidwell::apps {
namespace {

using OrderedJson = nlohmann::ordered_json;

void complain(std::string_view what) {
  fmt::print(stderr, "bidwell profiles: {}\n", what);
}

std::optional<cache::Key> key_or_complain(const ops::Config& config, const std::string& name) {
  const auto key = key_maker(config).key_of(name);
  if (!key) {
    complain(
        fmt::format("\"{}\" names nobody: buyeruid:X, ifa:X, user.id:EXCHANGE:X or eid:SOURCE:X "
                    "(an ifa of zeros is nobody's)",
                    name));
  }
  return key;
}

std::string time_of(std::uint32_t minute) {
  return fmt::format("{:%Y-%m-%dT%H:%MZ}", std::chrono::sys_seconds(std::chrono::minutes(minute)));
}

OrderedJson json_of(const profile::Profile& profile) {
  OrderedJson out{
      {"segments", OrderedJson::array()}, {"attributes", OrderedJson::object()}, {"history", OrderedJson::array()}};
  profile.each_segment([&](std::uint32_t id) { out["segments"].push_back(id); });
  profile.each_attribute([&](std::string_view attribute) {
    const std::size_t equals = attribute.find('=');
    out["attributes"][std::string(attribute.substr(0, equals))] = attribute.substr(equals + 1);
  });
  profile.each_shown([&](const profile::Shown& shown) {
    out["history"].push_back({{"subject", fmt::format("{:016x}", shown.subject)},
                              {"times", shown.times},
                              {"last", time_of(shown.last_minute)}});
  });
  return out;
}

void print_profile(const profile::Profile& profile) {
  if (profile.segments() != 0) {
    fmt::print("  segments ");
    profile.each_segment([](std::uint32_t id) { fmt::print(" {}", id); });
    fmt::print("\n");
  }
  profile.each_attribute([](std::string_view attribute) { fmt::print("  attribute {}\n", attribute); });
  profile.each_shown([](const profile::Shown& shown) {
    fmt::print("  shown     {:016x} {} times, last {}\n", shown.subject, shown.times, time_of(shown.last_minute));
  });
  if (profile.empty()) fmt::print("  empty\n");
}

void print_answers(const cache::Key& key, const std::vector<Answer>& answers) {
  fmt::print("key {}\n", cache::key_text(key));
  for (const Answer& answer : answers) {
    fmt::print("{}: {}{}{}\n", answer.place, answer.state, answer.note.empty() ? "" : ": ", answer.note);
    if (answer.found) print_profile(*profile::Profile::parse(answer.profile));
  }
  if (answers.empty()) fmt::print("the configuration names no place where profiles stand\n");
}

void print_answers_as_json(const cache::Key& key, const std::vector<Answer>& answers) {
  OrderedJson out{{"key", cache::key_text(key)}, {"places", OrderedJson::array()}};
  for (const Answer& answer : answers) {
    OrderedJson place{{"place", answer.place}, {"state", answer.state}, {"note", answer.note}};
    if (answer.found) {
      place["bytes"] = answer.profile.size();
      place["profile"] = json_of(*profile::Profile::parse(answer.profile));
    }
    out["places"].push_back(std::move(place));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
}

}  // namespace

int profiles_show(const ProfilesUserOptions& options) {
  const auto config = load_config_or_print(options.config);
  if (!config) return 1;
  const auto key = key_or_complain(*config, options.name);
  if (!key) return 2;
  std::vector<Answer> answers;
  for (const std::string& name : configured_places(*config)) answers.push_back(ask_place(*config, name, *key));
  (options.json ? print_answers_as_json : print_answers)(*key, answers);
  return std::any_of(answers.begin(), answers.end(), [](const Answer& answer) { return answer.found; }) ? 0 : 1;
}

int profiles_key(const ProfilesUserOptions& options) {
  const auto config = load_config_or_print(options.config);
  if (!config) return 1;
  const auto key = key_or_complain(*config, options.name);
  if (!key) return 2;
  fmt::print("{}\n", cache::key_text(*key));
  return 0;
}

int profiles_remove(const ProfilesUserOptions& options) {
  const auto config = load_config_or_print(options.config);
  if (!config) return 1;
  const auto key = key_or_complain(*config, options.name);
  if (!key) return 2;
  int code = 0;
  const auto remove = [&](const std::string& name, const std::function<std::unique_ptr<profile::Place>()>& open) {
    try {
      fmt::print("{}: {}\n", name, open()->remove(*key) ? "removed" : "was not there");
    } catch (const std::exception& error) {
      complain(fmt::format("{}: not removed: {}", name, error.what()));
      code = 1;
    }
  };
  for (const std::string& name : configured_places(*config)) {
    remove(name, [&] { return open_place(*config, name); });
  }
  if (config->redis) remove("redis, what he was shown", [&] { return history_place(*config); });
  return code;
}

}  // namespace bidwell::apps
