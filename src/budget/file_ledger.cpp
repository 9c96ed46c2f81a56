// Calls are written as they came and then done in the Book; the next start does them again, with the same outcome.
#include "bidwell/budget/file_ledger.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <mutex>

#include "bidwell/budget/book.h"
#include "budget/bytes.h"
#include "budget/ledger_file.h"

namespace bidwell::budget {
namespace {

// In place of the first snapshot: unmade, there is no ledger yet.
enum class Call : std::uint8_t { snapshot, settle, confirm, set_limits, mend, unmade };

std::int64_t machine_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void put(ByteWriter& out, const Statement& statement) {
  out.put(statement.campaign);
  out.put(statement.limits);
  out.put(statement.day, statement.lease, statement.used, statement.offered, statement.wanted, statement.least,
          statement.close, statement.chance_ppm);
}

Statement get_statement(ByteReader& in) {
  Statement statement;
  statement.campaign = in.get_text();
  in.get(statement.limits);
  in.get(statement.day, statement.lease, statement.used, statement.offered, statement.wanted, statement.least,
         statement.close, statement.chance_ppm);
  return statement;
}

void put(ByteWriter& out, const Resolved& resolved) {
  out.put(resolved.bid_id);
  out.put(resolved.campaign);
  out.put(resolved.day, resolved.bid_at, resolved.reserved);
  out.put(resolved.cost);
}

Resolved get_resolved(ByteReader& in) {
  Resolved resolved;
  resolved.bid_id = in.get_text();
  resolved.campaign = in.get_text();
  in.get(resolved.day, resolved.bid_at, resolved.reserved);
  in.get(resolved.cost);
  return resolved;
}

}  // namespace

struct FileLedger::Impl {
  explicit Impl(Options its_options) : options(std::move(its_options)), book(options.ledger) {}

  // Throws LedgerAway while another process has the file.
  void open();
  // Before every call: it may have been another's until now. Throws LedgerMissing.
  void begin();
  void begin_unmade();

  std::int64_t now_ms() const { return options.now_ms == nullptr ? machine_ms() : options.now_ms(); }
  std::string snapshot() const;
  std::string first() const;
  void play(std::string_view record);
  void play_settle(ByteReader& in, std::int64_t now_ms);
  void play_confirm(ByteReader& in, std::int64_t now_ms);
  // Writes a call down: what `put` adds to its kind and time, which is returned.
  template <typename Put>
  std::int64_t write(Call call, Put put);
  // Between two calls.
  void tidy() noexcept;

  const Options options;
  std::mutex mutex;  // all below
  OwnFd lock;
  Book book;
  bool made = true;
  std::string record;
  std::unique_ptr<LedgerFile> file;
};

void FileLedger::Impl::open() {
  if (file) return;
  // Before the first start nothing was spent.
  if (options.read_only && !std::filesystem::exists(options.path)) return;
  if (!options.read_only) lock = lock_file(options.path + ".lock", "the ledger " + options.path);
  file = std::make_unique<LedgerFile>(options.path, options.read_only, first(),
                                      [this](std::string_view one) { play(one); });
  if (made || options.from_truth || options.read_only) return;
  file->replace(snapshot());  // nobody knows better any more
  made = true;
}

void FileLedger::Impl::begin() {
  begin_unmade();
  if (!made) throw LedgerMissing(options.path + " is new: what was spent is not in it yet");
}

void FileLedger::Impl::begin_unmade() try { open(); } catch (const std::runtime_error& error) {
  lock = OwnFd();
  throw LedgerAway(error.what());
}

std::string FileLedger::Impl::snapshot() const {
  std::string bytes;
  ByteWriter(bytes).put(static_cast<std::uint8_t>(Call::snapshot));
  return bytes += book.save();
}

std::string FileLedger::Impl::first() const {
  return options.from_truth ? std::string(1, static_cast<char>(Call::unmade)) : snapshot();
}

void FileLedger::Impl::play(std::string_view bytes) try {
  ByteReader in(bytes);
  const auto call = static_cast<Call>(in.get<std::uint8_t>());
  if (call == Call::snapshot) return book.load(bytes.substr(1));
  if (call == Call::unmade) {
    made = false;
    return in.end();
  }
  const auto now = in.get<std::int64_t>();
  switch (call) {
    case Call::settle: play_settle(in, now); break;
    case Call::confirm: play_confirm(in, now); break;
    case Call::set_limits: {
      const std::string_view campaign = in.get_text();
      Limits limits;
      in.get(limits);
      book.set_limits(campaign, limits);
      break;
    }
    case Call::mend: {
      const std::string_view campaign = in.get_text();
      const auto cell = in.get<std::int64_t>();
      const auto day = in.get<std::int32_t>();
      const auto expected = in.get<Nanos>();
      book.forget(now);
      book.mend(campaign, cell, day, expected, in.get<Nanos>());
      break;
    }
    default: throw std::runtime_error("an unknown call");
  }
  in.end();
} catch (const std::runtime_error& error) {
  throw std::runtime_error(
      fmt::format("the ledger {} is not of this version ({}): it was left as it is", options.path, error.what()));
}

void FileLedger::Impl::play_settle(ByteReader& in, std::int64_t now) {
  const std::string_view holder = in.get_text();
  in.get_each([&] { book.settle(holder, get_statement(in), now); });
}

void FileLedger::Impl::play_confirm(ByteReader& in, std::int64_t now) {
  std::vector<Resolved> resolved;
  std::vector<Advance> advances;
  in.get_each([&] { resolved.push_back(get_resolved(in)); });
  in.get_each([&] {
    Advance& advance = advances.emplace_back();
    advance.journal = in.get_text();
    in.get(advance.from, advance.to);
  });
  try {
    book.confirm(resolved, advances, now);
  } catch (const JournalMoved&) {  // as it was answered then
  }
}

template <typename Put>
std::int64_t FileLedger::Impl::write(Call call, Put put) {
  if (options.read_only) throw LedgerAway(options.path + " was opened to be read only");
  const std::int64_t now = now_ms();
  record.clear();
  ByteWriter out(record);
  out.put(static_cast<std::uint8_t>(call), now);
  put(out);
  file->append(record);
  return now;
}

void FileLedger::Impl::tidy() noexcept try {
  if (file->is_long()) file->replace(snapshot());
} catch (const std::exception&) {  // the old file goes on; tried again later
}

FileLedger::FileLedger(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  try {
    impl_->open();
  } catch (const LedgerAway&) {  // an older process ends just now: its turn will come
  }
}
FileLedger::~FileLedger() = default;

std::vector<Standing> FileLedger::settle(std::string_view holder, std::span<const Statement> statements) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->tidy();
  const std::int64_t now = impl_->write(Call::settle, [&](ByteWriter& out) {
    out.put(holder);
    out.put_each(statements, [&](const Statement& one) { put(out, one); });
  });
  std::vector<Standing> answers;
  answers.reserve(statements.size());
  for (const Statement& one : statements) answers.push_back(impl_->book.settle(holder, one, now));
  return answers;
}

std::vector<std::uint64_t> FileLedger::positions(std::span<const std::string> journals) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  return impl_->book.positions(journals);
}

std::vector<Advance> FileLedger::advances() {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  return impl_->book.advances();
}

void FileLedger::confirm(std::span<const Resolved> resolved, std::span<const Advance> advances) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->tidy();
  const std::int64_t now = impl_->write(Call::confirm, [&](ByteWriter& out) {
    out.put_each(resolved, [&](const Resolved& one) { put(out, one); });
    out.put_each(advances, [&](const Advance& one) {
      out.put(std::string_view(one.journal));
      out.put(one.from, one.to);
    });
  });
  impl_->book.confirm(resolved, advances, now);
}

Cells FileLedger::offered(std::string_view campaign) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  return impl_->book.offered(campaign);
}

void FileLedger::set_limits(std::string_view campaign, const Limits& limits) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->tidy();
  impl_->write(Call::set_limits, [&](ByteWriter& out) {
    out.put(campaign);
    out.put(limits);
  });
  impl_->book.set_limits(campaign, limits);
}

std::vector<AccountState> FileLedger::accounts() {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->book.forget(impl_->now_ms());
  return impl_->book.accounts();
}

Spent FileLedger::spent(std::string_view campaign) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->book.forget(impl_->now_ms());
  return impl_->book.spent(campaign);
}

bool FileLedger::mend(std::string_view campaign, std::int64_t cell, std::int32_t day, Nanos expected,
                      Nanos difference) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin();
  impl_->tidy();
  const std::int64_t now = impl_->write(Call::mend, [&](ByteWriter& out) {
    out.put(campaign);
    out.put(cell, day, expected, difference);
  });
  impl_->book.forget(now);
  return impl_->book.mend(campaign, cell, day, expected, difference);
}

bool FileLedger::exists() {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin_unmade();
  return impl_->made;
}

bool FileLedger::make(std::span<const std::pair<std::string, Spent>> spent, std::span<const Advance> positions) {
  const std::lock_guard guard(impl_->mutex);
  impl_->begin_unmade();
  if (impl_->made) return false;
  if (impl_->options.read_only) throw LedgerAway(impl_->options.path + " was opened to be read only");
  impl_->book.make(spent, positions);
  impl_->file->replace(impl_->snapshot());
  impl_->made = true;
  return true;
}

}  // namespace bidwell::budget
