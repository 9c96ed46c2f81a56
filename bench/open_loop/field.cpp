#include "open_loop/field.h"

#include <fmt/format.h>

#include <stdexcept>

#include "catalog_generator.h"
#include "loopback/interrupt.h"
#include "open_loop/thread_account.h"

namespace bidwell::open_loop {

Field::Field(const Options& options)
    : cores(loopback::pick_cores()),
      priority(options.real_time ? Priority::real_time : Priority::usual),
      catalog(scratch.make_room("catalog") / "catalog.json") {
  if (!AtPriority(priority).allowed()) throw std::runtime_error("--real-time is not allowed");
  loopback::pin_to(cores.client);
  client_first = AtPriority(Priority::above).allowed();
  loopback::write_file(catalog, bench::make_catalog(options.campaigns, options.seed));
}

void Field::put_worker_first(pid_t bidder) const {
  if (priority == Priority::real_time) set_priority(Priority::above, find_worker(bidder));
}

int run_benchmark(std::string_view name, const std::function<void()>& benchmark) {
  try {
    loopback::note_interrupts();
    benchmark();
    return 0;
  } catch (const loopback::Interrupted&) {
    fmt::print(stderr, "{}: interrupted\n", name);
    return 130;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

}  // namespace bidwell::open_loop
