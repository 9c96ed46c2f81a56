// bidwell budget simulate: what budgets and pacing make of a day over many instances, in virtual time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/commands.h"
#include "bidwell/budget/simulate.h"

namespace bidwell::apps {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string file_name(const budget::SimulationOptions& options) {
  std::string name = fmt::format("{}-{}", options.name, options.instances);
  for (char& letter : name) {
    if ((letter < 'a' || letter > 'z') && (letter < '0' || letter > '9')) letter = '-';
  }
  name.erase(std::unique(name.begin(), name.end(), [](char a, char b) { return a == '-' && b == '-'; }), name.end());
  return name + ".svg";
}

std::vector<budget::SimulationOptions> chosen(const BudgetSimulateOptions& options) {
  std::vector<budget::SimulationOptions> out;
  for (const unsigned instances : options.instances) {
    for (auto& each : budget::scenarios(instances)) {
      if (!options.scenarios.empty() && std::ranges::find(options.scenarios, each.name) == options.scenarios.end()) {
        continue;
      }
      each.seed = options.seed;
      out.push_back(std::move(each));
    }
  }
  return out;
}

// A name that is none, and those that there are.
void check_names(const BudgetSimulateOptions& options) {
  const auto all = budget::scenarios(1);
  for (const std::string& name : options.scenarios) {
    if (std::ranges::any_of(all, [&](const auto& each) { return each.name == name; })) continue;
    std::string known;
    for (const auto& each : all) known += (known.empty() ? "" : ", ") + each.name;
    throw std::invalid_argument(fmt::format("--scenario \"{}\": there are {}", name, known));
  }
}

void print_row(const budget::SimulationResult& result) {
  const std::string farthest =
      result.options.pacing == budget::Pacing::asap
          ? "-"
          : fmt::format("{:.2f} % at {:.2f} h", 100 * result.worst_deviation, result.worst_deviation_at);
  fmt::print("| {:>9} | {:<21} | {:>7.2f} % | {:>7.4f} % | {:>20} | {:>7.2f} % | {:>7.1f} | {:>8} | {:>7} | {:<5} |\n",
             result.options.instances, result.options.name, 100 * result.delivery, 100 * result.overspend, farthest,
             100 * result.open_max, result.ledger_calls_per_s, result.bids, result.bills,
             result.books_agree ? "agree" : "DO NOT AGREE");
  std::fflush(stdout);  // each takes a while
}

OrderedJson json_of(const budget::SimulationResult& result) {
  return {{"scenario", result.options.name},
          {"instances", result.options.instances},
          {"delivery", result.delivery},
          {"overspend", result.overspend},
          {"worst_deviation", result.worst_deviation},
          {"worst_deviation_hour", result.worst_deviation_at},
          {"open_max", result.open_max},
          {"ledger_calls_per_s", result.ledger_calls_per_s},
          {"bids", result.bids},
          {"bills", result.bills},
          {"books_agree", result.books_agree}};
}

void write_chart(const std::string& directory, const budget::SimulationResult& result) {
  std::filesystem::create_directories(directory);
  const auto path = std::filesystem::path(directory) / file_name(result.options);
  std::ofstream out(path);
  out << budget::chart(result);
  out.close();
  if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", path.string()));
}

}  // namespace

int budget_simulate(const BudgetSimulateOptions& options) {
  check_names(options);
  if (!options.json) {
    fmt::print(
        "| instances | scenario              | delivered | overspent | farthest from target | open most | calls/s "
        "| bids     | bills   | books |\n"
        "|----------:|-----------------------|----------:|----------:|---------------------:|----------:|--------:"
        "|---------:|--------:|-------|\n");
  }
  OrderedJson out = OrderedJson::array();
  bool agree = true;
  for (const auto& each : chosen(options)) {
    const budget::SimulationResult result = budget::simulate(each);
    agree = agree && result.books_agree;
    if (!options.charts.empty()) write_chart(options.charts, result);
    if (options.json) {
      out.push_back(json_of(result));
    } else {
      print_row(result);
    }
  }
  if (options.json) fmt::print("{}\n", out.dump(2));
  return agree ? 0 : 1;
}

}  // namespace bidwell::apps
