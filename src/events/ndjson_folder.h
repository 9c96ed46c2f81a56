// What makes files and positions one: the folder `<directory>/_ndjson/<writer>` of one NdjsonSink. Nothing else is kept
// in it, nor in `_ndjson`.
//
//     lock          held (flock) while its sink lives
//     state.json    the positions of journals, and the *moves*: which parts were finished together with them
//     <parts>       files being written, or finished and not moved yet
//
// A commit is one rename, that of state.json.new to state.json, made when the parts it names are on disk. From then on
// they are as good as stored, though they are moved into place only after it: whoever opens the folder next moves what
// is still there. A part that the state does not name is of no use and is removed. A name never comes again, so a move
// that was made already is seen by its part being gone. State.json with old moves in it does no harm.
//
// Several processes share a directory, and one adopts the journals of another that died. So the position of a journal
// is the highest that any writer's state has for it: only the holder of the run's lock reads a journal, so positions
// only grow, and the lock is free only after the dead one's last rename. That the position is in the file that commits,
// not behind it, is what lets an adopter rely on it before it has moved the dead one's parts, and even when somebody
// else is about to.
//
// A folder whose lock is free is a dead writer's. Whoever finds it takes the lock, moves its parts into place, and
// takes its positions over into its own state before it removes the folder. Between those two both have them, which is
// harmless. The folder goes by being renamed, so that its state is there as long as the folder is; who sees a folder
// come or go while he reads the states begins again. Renamed folders, `.<writer>`, are of no use to anybody.
//
// A state that cannot be read stops nobody. A dead writer's is put aside as `_damaged-<writer>.json`: what it alone
// knew is stored again where the journals still have it. A living one's is left out: the journals in it are his.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/file_calls.h"

namespace bidwell::events {

class WriterFolder {
 public:
  using Positions = std::map<std::string, std::uint64_t, std::less<>>;
  using Log = std::function<void(const std::string& line)>;

  // Positions of journals that were not there for so long are forgotten.
  static constexpr std::int64_t kDaysKept = 366;

  // Takes the lock and finishes what was left half done, of this writer and of dead ones. Throws std::runtime_error, as
  // all here does, also when another process writes under this name.
  WriterFolder(std::string directory, const std::string& writer, Log log);

  // Where parts are made.
  const std::string& path() const noexcept { return path_; }

  // The positions of all writers. Takes dead ones over. Forgets old positions, but of `journals`, which are there still
  // whatever the clock says. `today`: days since 1970.
  Positions all_positions(std::span<const std::string> journals, std::int64_t today);

  // Makes these positions and these parts (their places within the directory) stored, both or, when it throws, none.
  // The parts must be on disk, and those of the commit before must have been moved.
  void commit(const Positions& positions, std::vector<std::string> places, std::int64_t today);
  // After commit: moves the parts into place. When it throws they are safe all the same, and it must be called again.
  void move_parts();
  // Removes parts that nobody knows any more, once those of the last commit were moved.
  void clean() const { recover(path_, {}); }

 private:
  struct Position {
    std::uint64_t position = 0;
    std::int64_t day = 0;  // when its journal was last seen here
  };
  struct State {
    std::map<std::string, Position> positions;
    std::vector<std::string> moves;
  };
  // Nothing: there is none.
  static std::optional<State> read_state(const std::string& folder);
  // Of a folder whose lock is held, and of a living writer's. Nothing: also a damaged one.
  std::optional<State> state_left_in(const std::string& folder) const;
  std::optional<State> state_seen_in(const std::string& folder);
  // Nothing: somebody has it, or there is none. `flags`: as of open(2).
  static std::optional<File> try_lock(const std::string& folder, int flags);
  static void merge(const State& from, State& into);

  void lock_own();
  void write_state(const State& state);
  void move_parts(const std::string& folder, const std::vector<std::string>& places) const;
  void recover(const std::string& folder, const State& state) const;
  // The writers' folders and their inodes.
  std::map<std::string, std::uint64_t> others() const;
  bool survey(Positions& seen);
  void take_over(const State& theirs);
  void forget_old(std::span<const std::string> journals, std::int64_t today);
  void remove(const std::string& folder) const;
  void remove_leftovers() const;

  const std::string directory_, writers_, path_;
  const Log log_;
  File lock_;
  State state_;  // as it stands in state.json, but for moves that are made and days
  std::set<std::string> complained_of_;
};

}  // namespace bidwell::events
