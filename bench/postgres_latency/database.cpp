#include "postgres_latency/database.h"

#include <chrono>
#include <pqxx/pqxx>
#include <thread>

#include "loopback/interrupt.h"

namespace bidwell::postgres_latency {

Database::Database() {
  pqxx::connection connection(url());
  pqxx::nontransaction ask(connection);
  folder_ = ask.exec1("SHOW unix_socket_directories")[0].c_str();
  pid_ = std::stoi(ask.exec1("SELECT pg_read_file('postmaster.pid')")[0].c_str());
}

Database::Stored Database::await(const Stored& wanted) const {
  pqxx::connection connection(url());
  pqxx::nontransaction ask(connection);
  Stored stored;
  for (int idle = 0; idle < 60 && stored != wanted; ++idle) {
    loopback::check_interrupt();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const Stored before = stored;
    const pqxx::row row =
        ask.exec1("SELECT (SELECT count(*) FROM bidwell.bids), (SELECT count(*) FROM bidwell.notices)");
    stored = {row[0].as<std::uint64_t>(), row[1].as<std::uint64_t>()};
    if (stored != before) idle = 0;
  }
  return stored;
}

}  // namespace bidwell::postgres_latency
