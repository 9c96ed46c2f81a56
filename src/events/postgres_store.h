// Rows into their tables, within a transaction.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <vector>

#include "bidwell/events/sink.h"
#include "events/postgres_partitions.h"
#include "events/postgres_rows.h"
#include "events/postgres_session.h"

namespace bidwell::events {

struct Refused {
  const Row* row;
  std::string reason;
};

// A batch, by what is to be done with its rows.
struct Sorted {
  std::vector<const Row*> bids;
  std::vector<const Row*> notices;  // in the order of their key, each key once
  std::vector<Refused> refused;
  Days days;                  // that bids and notices need
  std::uint64_t repeats = 0;  // of notices, within the batch
};
Sorted sort_out(const Batch& batch, const DayRange& plausible);

// PostgreSQL says that a row is at fault, rather than the server, the connection, or our rights.
bool blames_row(const pqxx::sql_error& error);

// How notices get past those that are there already.
class Store {
 public:
  // Once a session: the stage.
  static void prepare(pqxx::connection& connection);

  struct Stored {
    std::uint64_t bids = 0, notices = 0, repeats = 0, refused = 0;
  };
  // Everything of `rows`. `careful`: what PostgreSQL will not take is found and set aside; otherwise it throws, and is
  // quicker.
  Stored put(Session& session, pqxx::work& work, const Batch& batch, Sorted rows, bool careful);

 private:
  using Rows = std::span<const Row* const>;
  std::uint64_t put_notices(Session& session, pqxx::work& work, Rows rows);

  // Straight into the table costs half of the way through a stage, but a single repeat undoes all of it. So it is done
  // after this many batches in turn without one.
  static constexpr unsigned kCleanEnough = 16;
  unsigned clean_ = kCleanEnough;
};

}  // namespace bidwell::events
