// The embedded ledger: a Book of one process, kept in a local file that survives a SIGKILL at any moment. What was bid
// and not billed when the process died stays reserved until its time has passed.
//
//   <path>       a snapshot (Book::save) and behind it a log of the calls since, each with its time and a hash
//   <path>.lock  held while a process uses it
//
// A call is written (one write(2)) before it is done and answered, and played again at the next start; a torn last
// record is cut off. Anything else that is not as it was written is damage, and refused: a start must not forget what
// was spent. Nothing is synced but a new file: a power cut may take the last seconds, and journals are read again from
// there. Once the log is longer than the snapshot and 1 MiB a new file is written and renamed into place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bidwell/budget/ledger.h"

namespace bidwell::budget {

// Thread-safe. Makes the file and its folder where they are missing. The constructor throws std::runtime_error with a
// path, a reason and what to do where the file cannot be used. While another process has it every call throws
// LedgerAway: an older process may end after its successor's start. A call that cannot be written
// (the disk is full) throws LedgerAway and is not done; later ones work again once there is room. make() may throw
// std::runtime_error for that.
class FileLedger final : public Ledger {
 public:
  struct Options {
    LedgerOptions ledger;
    std::string path;
    std::int64_t (*now_ms)() = nullptr;  // Unix milliseconds; null: the machine's
    bool read_only =
        false;  // for tools: takes no lock and writes nothing; sees the file as it was when opened, or nothing
    // Somebody else knows what was spent: a new file is no ledger until make() was called, be it after many restarts. A
    // file that was deleted would else give whole budgets again. Without it a new file is a ledger at once.
    bool from_truth = false;
  };
  explicit FileLedger(Options options);
  ~FileLedger() override;

  std::vector<Standing> settle(std::string_view holder, std::span<const Statement> statements) override;
  std::vector<std::uint64_t> positions(std::span<const std::string> journals) override;
  std::vector<Advance> advances() override;
  void confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) override;
  Cells offered(std::string_view campaign) override;
  void set_limits(std::string_view campaign, const Limits& limits) override;
  std::vector<AccountState> accounts() override;
  Spent spent(std::string_view campaign) override;
  bool mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected, Nanos difference) override;
  bool exists() override;
  bool make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bidwell::budget
