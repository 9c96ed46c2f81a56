// Probing, and the order of stores that lets readers in meanwhile: links (cells' values, the table) are sequentially
// consistent, as epoch.h wants it; hashes are only a hint, and the slot decides.
#include "cache/index.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace bidwell::cache {
namespace {

constexpr std::size_t kCellsAtFirst = 64;
constexpr int kTries = 4;

constexpr std::uint64_t stored(std::uint64_t hash) {
  return hash == 0 ? 1 : hash;
}

void set(Table::Cell& cell, std::uint64_t hash, Held* held) noexcept {
  cell.held.store(held, std::memory_order_seq_cst);
  cell.hash.store(hash, std::memory_order_release);
}

}  // namespace

std::unique_ptr<Table> Table::make(std::size_t cells) noexcept {
  // All zeros is what free cells look like, and fresh pages are zeros already.
  auto* const memory = static_cast<Cell*>(std::calloc(cells, sizeof(Cell)));
  if (memory == nullptr) return nullptr;
  return std::unique_ptr<Table>(new (std::nothrow) Table(memory, cells));
}

void Table::FreeCells::operator()(Cell* cells) const noexcept {
  std::free(cells);
}

std::size_t Table::bytes() const noexcept {
  return sizeof(Table) + allocated_bytes(cells_.get());
}

Held* Table::find(std::uint64_t hash, const Slot& slot) const noexcept {
  const std::uint64_t wanted = stored(hash);
  for (std::size_t i = home(wanted), end = i + size(); i != end; ++i) {
    const Cell& cell = at(i);
    const std::uint64_t seen = cell.hash.load(std::memory_order_acquire);
    if (seen == 0) return nullptr;
    if (seen != wanted) continue;
    Held* const held = cell.held.load(std::memory_order_seq_cst);
    if (held != nullptr && held->entry.slot == slot) return held;
  }
  return nullptr;
}

void Table::insert(Held& held) noexcept {
  const std::uint64_t hash = stored(held.node.hash);
  std::size_t i = home(hash);
  while (at(i).hash.load(std::memory_order_relaxed) != 0) ++i;
  set(at(i), hash, &held);
}

Table::Cell& Table::cell_of(const Held& held) noexcept {
  std::size_t i = home(stored(held.node.hash));
  while (at(i).held.load(std::memory_order_relaxed) != &held) ++i;
  return at(i);
}

void Table::close_gap(Cell& cell) noexcept {
  std::size_t gap = static_cast<std::size_t>(&cell - cells_.get());
  for (std::size_t i = gap + 1;; ++i) {
    const std::uint64_t hash = at(i).hash.load(std::memory_order_relaxed);
    if (hash == 0) break;
    // It may move to the gap unless its home lies behind it.
    if (((i - home(hash)) & mask_) < ((i - gap) & mask_)) continue;
    set(at(gap), hash, at(i).held.load(std::memory_order_relaxed));
    gap = i;
  }
  set(at(gap), 0, nullptr);
}

Index::Index() {
  auto table = Table::make(kCellsAtFirst);
  if (table == nullptr) throw std::bad_alloc();
  table_ = table.release();
}

Index::~Index() {
  delete table_.load();
}

Held* Index::find(std::uint64_t hash, const Slot& slot) const noexcept {
  for (int tries = 0; tries < kTries; ++tries) {
    const std::uint64_t moves = moves_.load(std::memory_order_acquire);
    const Table* const table = table_.load(std::memory_order_seq_cst);
    if (Held* const held = table->find(hash, slot)) return held;
    if (moves % 2 == 0 && moves_.load(std::memory_order_relaxed) == moves) return nullptr;
  }
  return nullptr;
}

void Index::insert(Held& held) noexcept {
  table_.load()->insert(held);
  ++count_;
}

void Index::replace(Held& held, Held& by) noexcept {
  table_.load()->cell_of(held).held.store(&by, std::memory_order_seq_cst);
}

void Index::erase(Held& held) noexcept {
  const std::uint64_t moves = moves_.load(std::memory_order_relaxed);
  moves_.store(moves + 1, std::memory_order_release);
  Table& table = *table_.load();
  table.close_gap(table.cell_of(held));
  moves_.store(moves + 2, std::memory_order_release);
  --count_;
}

std::size_t Index::bytes() const noexcept {
  return table_.load(std::memory_order_relaxed)->bytes();
}

bool Index::should_grow() const noexcept {
  return count_ + 1 > table_.load(std::memory_order_relaxed)->size() / 4 * 3;
}

bool Index::is_full() const noexcept {
  return count_ + 1 > table_.load(std::memory_order_relaxed)->size() / 8 * 7;
}

std::size_t Index::bytes_when_grown() const noexcept {
  return 2 * bytes();
}

std::unique_ptr<Table> Index::grow() noexcept {
  auto larger = Table::make(2 * table_.load()->size());
  if (larger == nullptr) return nullptr;
  each([&](Held& held) { larger->insert(held); });
  return std::unique_ptr<Table>(table_.exchange(larger.release(), std::memory_order_seq_cst));
}

std::size_t Index::longest_probe() const noexcept {
  const Table& table = *table_.load();
  std::size_t longest = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::uint64_t hash = table.at(i).hash.load();
    if (hash != 0) longest = std::max(longest, ((i - table.home(hash)) & (table.size() - 1)) + 1);
  }
  return longest;
}

}  // namespace bidwell::cache
