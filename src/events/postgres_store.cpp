#include "events/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <pqxx/tablewriter>
#include <tuple>

namespace bidwell::events {
namespace {

using Rows = std::span<const Row* const>;
using Write = char* (*)(const Event&, char*) noexcept;

constexpr char kStage[] = "notices_stage";

// Written in pieces, so that the server reads one while the next is made.
class Copy {
 public:
  // libpqxx's way without this warning takes rows field by field, as strings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  Copy(Session& session, pqxx::transaction_base& work, const std::string& table, const std::string& columns)
      : session_(session), writer_(work, table, &columns, &columns + 1) {}
#pragma GCC diagnostic pop

  void add(Write write, const Event& event) {
    if (piece_.size() != kPiece + kLineBytesMax) piece_.resize(kPiece + kLineBytesMax);
    used_ = static_cast<std::size_t>(write(event, piece_.data() + used_) - piece_.data());
    if (used_ >= kPiece) send();
  }

  void add(const std::string& line) {
    piece_.replace(0, std::string::npos, line);
    used_ = line.size();
    send();
  }

  void finish() {
    send();
    writer_.complete();
  }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;

  void send() {
    if (used_ == 0) return;
    session_.watchdog().pat();
    piece_.resize(used_ - 1);  // the writer adds the last newline
    writer_.write_raw_line(piece_);
    used_ = 0;
  }

  Session& session_;
  pqxx::tablewriter writer_;
  std::string piece_;
  std::size_t used_ = 0;
};

void copy(Session& session, pqxx::transaction_base& work, const char* table, const char* columns, Write write,
          Rows rows) {
  Copy to(session, work, table, columns);
  for (const Row* row : rows) to.add(write, row->event);
  to.finish();
}

void copy_bids(Session& session, pqxx::transaction_base& work, Rows rows) {
  copy(session, work, "bidwell.bids", kBidColumns, write_bid, rows);
}

// Returns how many were not there yet.
std::uint64_t merge_notices(Session& session, pqxx::transaction_base& work, Rows rows) {
  copy(session, work, kStage, kNoticeColumns, write_notice, rows);
  session.watchdog().pat();
  const pqxx::result merged = work.exec(fmt::format(
      "INSERT INTO bidwell.notices ({0}) SELECT {0} FROM {1} ON CONFLICT DO NOTHING", kNoticeColumns, kStage));
  return merged.affected_rows();
}

// The first line is what is wrong; others show the row, which is set aside anyway.
std::string reason_of(const pqxx::sql_error& error) {
  std::string text = error.what();
  text.resize(std::min({text.size(), text.find('\n'), std::size_t{500}}));
  return storable(text) ? text : "refused by PostgreSQL";
}

// All of `rows` that PostgreSQL takes; the others are found by halving.
using Put = std::function<void(pqxx::transaction_base&, Rows)>;
void put_by_halves(pqxx::work& work, Rows rows, const Put& put, std::vector<Refused>& refused) {
  if (rows.empty()) return;
  try {
    pqxx::subtransaction half(work, "half");
    put(half, rows);
    half.commit();
    return;
  } catch (const pqxx::sql_error& error) {
    if (!blames_row(error)) throw;
    if (rows.size() == 1) {
      refused.push_back({rows[0], reason_of(error)});
      return;
    }
  }
  put_by_halves(work, rows.first(rows.size() / 2), put, refused);
  put_by_halves(work, rows.subspan(rows.size() / 2), put, refused);
}

// A notice's key; the order is the same in all instances, so that two of them that store the same notices never wait
// for each other.
struct Key {
  std::int64_t day;
  std::uint64_t id_high, id_low_and_kind;
  std::int64_t bid_at_ms;
  const Row* row;

  explicit Key(const Row* of)
      : day(day_of(of->event).time_since_epoch().count()), bid_at_ms(of->event.bid_at_ms), row(of) {
    std::uint32_t low = 0;
    std::memcpy(&id_high, of->event.bid_id.data(), 8);
    std::memcpy(&low, of->event.bid_id.data() + 8, 4);
    id_high = __builtin_bswap64(id_high);
    id_low_and_kind = std::uint64_t{__builtin_bswap32(low)} << 8 | static_cast<std::uint64_t>(of->event.kind);
  }
  auto tied() const { return std::tie(day, id_high, id_low_and_kind, bid_at_ms); }
};

// In order, each key once: of repeats the first that came stays.
std::vector<const Row*> distinct(std::vector<Key> keys) {
  std::sort(keys.begin(), keys.end(),
            [](const Key& a, const Key& b) { return a.tied() != b.tied() ? a.tied() < b.tied() : a.row < b.row; });
  std::vector<const Row*> out;
  out.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i == 0 || keys[i].tied() != keys[i - 1].tied()) out.push_back(keys[i].row);
  }
  return out;
}

}  // namespace

Sorted sort_out(const Batch& batch, const DayRange& plausible) {
  Sorted out;
  out.bids.reserve(batch.rows.size());
  for (const Row& row : batch.undecodable) out.refused.push_back({&row, "undecodable"});
  std::vector<Key> notices;
  std::chrono::sys_days last{};
  for (const Row& row : batch.rows) {
    if (const char* reason = fault(row.event, plausible)) {
      out.refused.push_back({&row, reason});
      continue;
    }
    if (row.event.kind == Kind::bid) {
      out.bids.push_back(&row);
    } else {
      notices.emplace_back(&row);
    }
    if (const auto day = day_of(row.event); day != last) out.days.insert(last = day);
  }
  out.notices = distinct(std::move(notices));
  out.repeats =
      batch.rows.size() + batch.undecodable.size() - out.bids.size() - out.notices.size() - out.refused.size();
  return out;
}

bool blames_row(const pqxx::sql_error& error) {
  // Data exceptions and violated constraints. Everything else (no connection, no space, no right, a lock, a shutdown)
  // passes, or is for people to mend.
  return dynamic_cast<const pqxx::data_exception*>(&error) != nullptr ||
         dynamic_cast<const pqxx::integrity_constraint_violation*>(&error) != nullptr;
}

void Store::prepare(pqxx::connection& connection) {
  pqxx::nontransaction(connection)
      .exec0(fmt::format("CREATE TEMPORARY TABLE {} (LIKE bidwell.notices) ON COMMIT DELETE ROWS", kStage));
}

std::uint64_t Store::put_notices(Session& session, pqxx::work& work, Rows rows) {
  if (rows.empty()) return 0;
  if (clean_ >= kCleanEnough) {
    try {
      pqxx::subtransaction straight(work, "straight");
      copy(session, straight, "bidwell.notices", kNoticeColumns, write_notice, rows);
      straight.commit();
      return rows.size();
    } catch (const pqxx::unique_violation&) {
      // A repeat.
    }
  }
  const std::uint64_t stored = merge_notices(session, work, rows);
  clean_ = stored == rows.size() ? clean_ + 1 : 0;
  return stored;
}

Store::Stored Store::put(Session& session, pqxx::work& work, const Batch& batch, Sorted rows, bool careful) {
  Stored stored;
  if (careful) {
    put_by_halves(
        work, rows.bids,
        [&](pqxx::transaction_base& part, Rows half) {
          copy_bids(session, part, half);
          stored.bids += half.size();
        },
        rows.refused);
    put_by_halves(
        work, rows.notices,
        [&](pqxx::transaction_base& part, Rows half) {
          const std::uint64_t merged = merge_notices(session, part, half);
          part.exec0(fmt::format("TRUNCATE {}", kStage));
          stored.notices += merged;
          stored.repeats += half.size() - merged;
        },
        rows.refused);
  } else {
    if (!rows.bids.empty()) copy_bids(session, work, rows.bids);
    stored.bids = rows.bids.size();
    stored.notices = put_notices(session, work, rows.notices);
    stored.repeats = rows.notices.size() - stored.notices;
  }
  stored.repeats += rows.repeats;
  stored.refused = rows.refused.size();
  if (!rows.refused.empty()) {
    Copy to(session, work, "bidwell.rejected", kRejectedColumns);
    for (const Refused& refused : rows.refused) {
      to.add(rejected_line(batch.advances.at(refused.row->advance).journal, refused.row->position, refused.reason,
                           refused.row->bytes));
    }
    to.finish();
  }
  return stored;
}

}  // namespace bidwell::events
