// The bidwell executable: its command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "apps/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"Bidwell, a low-latency bidder for real-time ad auctions"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "bidwell " BIDWELL_VERSION);
  app.footer(
      "Configuration is one JSON file (comments allowed); BIDWELL_<SECTION>_<KEY> in the environment overrides it,\n"
      "for example BIDWELL_HTTP_LISTEN=0.0.0.0:8080.");
  int code = 0;

  bidwell::apps::ServeOptions serve;
  CLI::App* command =
      app.add_subcommand("serve", "answer bid requests until SIGTERM or SIGINT; SIGHUP reloads the catalog");
  command->add_option("--config", serve.config, "the configuration file")->required();
  command->add_option("--listen", serve.listen,
                      "ADDR:PORT or unix:PATH, in place of the configured ones; may be repeated");
  command->add_option("--workers", serve.workers, "threads that serve; 0 = one per core");
  command->callback([&] { code = bidwell::apps::serve(serve); });

  std::string check_config;
  command = app.add_subcommand("check", "read the configuration and catalog and list every fault with its place");
  command->add_option("--config", check_config, "the configuration file")->required();
  command->callback([&] { code = bidwell::apps::check(check_config); });

  bidwell::apps::ExplainOptions explain;
  command = app.add_subcommand("explain", "say why each campaign did or did not bid on a request");
  command->add_option("--config", explain.config, "the configuration file")->required();
  command->add_option("--request", explain.request, "a file with one bid request, or - for standard input")
      ->capture_default_str();
  command->add_option("--exchange", explain.exchange, "the exchange it came from (default: the first by name)");
  command->add_option("--campaign", explain.campaign, "only this campaign");
  command->add_flag("--json", explain.json, "JSON in place of a table");
  command->callback([&] { code = bidwell::apps::explain(explain); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has codes of its own for each mistake; people expect 0 for --help and 2 for a wrong call.
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bidwell: {}\n", error.what());
    return 1;
  }
  return code;
}
