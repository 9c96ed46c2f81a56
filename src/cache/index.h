// A shard's hash table from slots to values: open addressing, linear probing, one cache line holds four cells. One
// writer at a time (the shard's mutex); readers need no lock. Taking a value out moves those behind it forward (Knuth,
// The Art of Computer Programming 3, 6.4, algorithm R), so there are no tombstones, and a search is as short after a
// million changes as after none. A reader could miss a value while it is moved: it looks again if anything moved
// meanwhile, a few times at most, and then says that it is not there, which for a cache is always allowed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cache/held.h"

namespace bidwell::cache {

class Table;

class Index {
 public:
  Index();
  ~Index();  // leaves the values alone

  // Readers, pinned, and the writer. Null: not there.
  Held* find(std::uint64_t hash, const Slot& slot) const noexcept;

  // The writer. A value must not be there already; there must be place for one more.
  void insert(Held& held) noexcept;
  void replace(Held& held, Held& by) noexcept;
  void erase(Held& held) noexcept;

  std::size_t count() const noexcept { return count_; }
  std::size_t bytes() const noexcept;
  // Beyond three quarters it should grow; beyond seven eighths it must not be filled.
  bool should_grow() const noexcept;
  bool is_full() const noexcept;
  std::size_t bytes_when_grown() const noexcept;
  // Doubles it. Returns the old table, which readers may still see; null when there is no memory.
  std::unique_ptr<Table> grow() noexcept;

  // How many cells the longest search for a value that is there looks at.
  std::size_t longest_probe() const noexcept;

  template <class Visit>  // visit(Held&)
  void each(Visit&& visit) const;

 private:
  std::atomic<Table*> table_;
  std::atomic<std::uint64_t> moves_{0};  // odd while values are being moved
  std::size_t count_ = 0;
};

// The cells. A cell's hash is 0 where it is free; hashes that are 0 are stored as 1.
class Table {
 public:
  struct Cell {
    std::atomic<std::uint64_t> hash;
    std::atomic<Held*> held;
  };

  static std::unique_ptr<Table> make(std::size_t cells) noexcept;  // a power of two; null: no memory

  Held* find(std::uint64_t hash, const Slot& slot) const noexcept;
  void insert(Held& held) noexcept;
  Cell& cell_of(const Held& held) noexcept;
  void close_gap(Cell& cell) noexcept;

  std::size_t size() const noexcept { return mask_ + 1; }
  Cell& at(std::size_t i) noexcept { return cells_[i & mask_]; }
  const Cell& at(std::size_t i) const noexcept { return cells_[i & mask_]; }
  std::size_t home(std::uint64_t hash) const noexcept { return hash & mask_; }
  std::size_t bytes() const noexcept;

 private:
  struct FreeCells {
    void operator()(Cell* cells) const noexcept;
  };
  Table(Cell* cells, std::size_t size) : cells_(cells), mask_(size - 1) {}

  const std::unique_ptr<Cell[], FreeCells> cells_;
  const std::size_t mask_;
};

template <class Visit>
void Index::each(Visit&& visit) const {
  const Table& table = *table_.load();
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (Held* const held = table.at(i).held.load()) visit(*held);
  }
}

}  // namespace bidwell::cache
