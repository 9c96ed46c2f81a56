#include "events/ndjson_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace bidwell::events {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// Somebody may be taking over what this writer left when it died last.
constexpr std::chrono::seconds kLockPatience{1};
constexpr std::chrono::milliseconds kLockPause{10};

std::string lock_of(const std::string& folder) {
  return folder + "/lock";
}
std::string state_of(const std::string& folder) {
  return folder + "/state.json";
}

std::string checked_name(const std::string& writer) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  };
  if (!writer.empty() && writer.size() <= 100 && std::all_of(writer.begin(), writer.end(), is_good) &&
      writer.front() != '.' && writer.front() != '_') {
    return writer;
  }
  throw std::runtime_error(fmt::format(
      "\"{}\" is no name for a writer of files: up to 100 letters, digits, '-', '.' and '_' are, not beginning with "
      "'.' or '_'",
      writer));
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) names.push_back(at->path().filename());
  if (error && error != std::errc::no_such_file_or_directory) {
    throw std::runtime_error(fmt::format("cannot read the folder {}: {}", folder, error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Damaged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

WriterFolder::WriterFolder(std::string directory, const std::string& writer, Log log)
    : directory_(std::move(directory)),
      writers_(directory_ + "/_ndjson"),
      path_(writers_ + "/" + checked_name(writer)),
      log_(std::move(log)) {
  lock_own();
  if (auto left = state_left_in(path_)) state_ = std::move(*left);
  recover(path_, state_);
  state_.moves.clear();
  Positions ignored;
  while (!survey(ignored)) {
  }
}

void WriterFolder::lock_own() {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    make_folder(path_);
    if (auto lock = try_lock(path_, O_RDWR | O_CREAT)) {
      lock_ = std::move(*lock);
      break;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw std::runtime_error(fmt::format("another process writes in {}", path_));
    }
    std::this_thread::sleep_for(kLockPause);
  }
  sync_folder(path_);
  sync_folder(writers_);
  sync_folder(directory_);
}

std::optional<File> WriterFolder::try_lock(const std::string& folder, int flags) {
  const std::string path = lock_of(folder);
  auto lock = File::find(path, flags);
  if (!lock) return std::nullopt;
  if (::flock(lock->fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
    throw std::runtime_error(fmt::format("cannot lock {}: {}", path, std::strerror(errno)));
  }
  // Somebody may have taken the folder over and away meanwhile.
  struct stat held {
  }, there{};
  if (::fstat(lock->fd(), &held) != 0 || ::stat(path.c_str(), &there) != 0 || held.st_ino != there.st_ino) {
    return std::nullopt;
  }
  return lock;
}

std::optional<WriterFolder::State> WriterFolder::read_state(const std::string& folder) {
  const auto text = read_file(state_of(folder));
  if (!text) return std::nullopt;
  try {
    const Json json = Json::parse(*text);
    State state;
    for (const auto& [journal, at] : json.at("positions").items()) {
      state.positions[journal] = {at.at("position").get<std::uint64_t>(), at.at("day").get<std::int64_t>()};
    }
    state.moves = json.at("moves").get<std::vector<std::string>>();
    return state;
  } catch (const Json::exception& error) {
    throw Damaged(fmt::format("{} is damaged: {}", state_of(folder), error.what()));
  }
}

std::optional<WriterFolder::State> WriterFolder::state_left_in(const std::string& folder) const {
  try {
    return read_state(folder);
  } catch (const Damaged& error) {
    const std::string aside = fmt::format("{}/_damaged-{}.json", writers_, fs::path(folder).filename().string());
    move_file(state_of(folder), aside);
    if (log_) {
      log_(fmt::format("{}; it is put aside as {}: what journals still have of what it knew is stored again",
                       error.what(), aside));
    }
    return std::nullopt;
  }
}

std::optional<WriterFolder::State> WriterFolder::state_seen_in(const std::string& folder) {
  try {
    return read_state(folder);
  } catch (const Damaged& error) {
    if (log_ && complained_of_.insert(folder).second) log_(fmt::format("{}; its writer is alive", error.what()));
    return std::nullopt;
  }
}

void WriterFolder::write_state(const State& state) {
  Json json{{"positions", Json::object()}, {"moves", state.moves}};
  for (const auto& [journal, at] : state.positions) {
    json["positions"][journal] = {{"position", at.position}, {"day", at.day}};
  }
  const std::string path = state_of(path_), fresh = path + ".new";
  File file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  file.write(json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  file.sync();
  file.close();
  if (!move_file(fresh, path)) throw std::runtime_error(fmt::format("{} is gone", fresh));
}

void WriterFolder::forget_old(std::span<const std::string> journals, std::int64_t today) {
  for (const std::string& journal : journals) {
    const auto at = state_.positions.find(journal);
    if (at != state_.positions.end()) at->second.day = today;
  }
  std::erase_if(state_.positions, [&](const auto& entry) { return entry.second.day + kDaysKept < today; });
}

void WriterFolder::commit(const Positions& positions, std::vector<std::string> places, std::int64_t today) {
  State next{state_.positions, std::move(places)};
  for (const auto& [journal, position] : positions) {
    if (position != 0) next.positions[journal] = {position, today};
  }
  sync_folder(path_);  // the parts' names
  write_state(next);
  state_ = std::move(next);
}

void WriterFolder::move_parts() {
  sync_folder(path_);  // the state's name
  move_parts(path_, state_.moves);
  state_.moves.clear();
}

void WriterFolder::move_parts(const std::string& folder, const std::vector<std::string>& places) const {
  std::set<std::string> folders;
  for (const std::string& place : places) {
    const fs::path to = fs::path(directory_) / place;
    make_folder(to.parent_path());
    move_file(folder + "/" + to.filename().string(), to);  // false: it was moved before a crash
    for (fs::path parent = fs::path(place).parent_path(); !parent.empty(); parent = parent.parent_path()) {
      folders.insert(parent);
    }
  }
  if (places.empty()) return;
  for (const std::string& name : folders) sync_folder(directory_ + "/" + name);
  sync_folder(directory_);
}

// Of a folder whose lock is held: afterwards there are no parts in it.
void WriterFolder::recover(const std::string& folder, const State& state) const {
  move_parts(folder, state.moves);
  std::size_t removed = 0;
  for (const std::string& name : names_in(folder)) {
    if (name.find(".ndjson") == std::string::npos) continue;
    remove_file(folder + "/" + name);
    ++removed;
  }
  if (removed != 0 && log_) log_(fmt::format("{}: {} unfinished files removed, to be written again", folder, removed));
}

void WriterFolder::merge(const State& from, State& into) {
  for (const auto& [journal, theirs] : from.positions) {
    Position& ours = into.positions[journal];
    ours.position = std::max(ours.position, theirs.position);
    ours.day = std::max(ours.day, theirs.day);
  }
}

WriterFolder::Positions WriterFolder::all_positions(std::span<const std::string> journals, std::int64_t today) {
  // Before dead writers are taken over: the journals of those may come along only after this.
  forget_old(journals, today);
  Positions positions;
  while (!survey(positions)) {
  }
  for (const auto& [journal, ours] : state_.positions) {
    std::uint64_t& at = positions[journal];
    at = std::max(at, ours.position);
  }
  return positions;
}

std::map<std::string, std::uint64_t> WriterFolder::others() const {
  std::map<std::string, std::uint64_t> all;
  for (const std::string& name : names_in(writers_)) {
    const std::string folder = writers_ + "/" + name;
    struct stat status {};
    if (folder == path_ || name.front() == '.' || ::stat(folder.c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) all[folder] = status.st_ino;
  }
  return all;
}

// One look at all the others. False: a folder came or went meanwhile.
bool WriterFolder::survey(Positions& seen) {
  remove_leftovers();
  const auto before = others();
  std::vector<std::pair<std::string, File>> dead;  // with their locks, held until the folders are gone
  State theirs;
  for (const auto& [folder, inode] : before) {
    // One without a lock is of a writer that died while he made it, or he will find that it was taken.
    if (auto lock = try_lock(folder, O_RDWR | O_CREAT)) {
      const State state = state_left_in(folder).value_or(State{});
      recover(folder, state);
      merge(state, theirs);
      dead.emplace_back(folder, std::move(*lock));
    } else if (const auto state = state_seen_in(folder)) {
      for (const auto& [journal, at] : state->positions) {
        std::uint64_t& position = seen[journal];
        position = std::max(position, at.position);
      }
    }
  }
  if (!dead.empty()) take_over(theirs);
  const bool is_same = others() == before;
  for (const auto& [folder, lock] : dead) remove(folder);
  return is_same;
}

void WriterFolder::take_over(const State& theirs) {
  State next{state_.positions, {}};
  merge(theirs, next);
  write_state(next);
  sync_folder(path_);
  state_ = std::move(next);
}

// A dead writer's folder.
void WriterFolder::remove(const std::string& folder) const {
  const std::string gone = writers_ + "/." + fs::path(folder).filename().string();
  std::error_code ignored;  // what is left there does no harm
  fs::remove_all(gone, ignored);
  move_file(folder, gone);
  fs::remove_all(gone, ignored);
  if (log_) log_(fmt::format("{}: its writer is gone; what it had stored is known here now", folder));
}

// Of those who died in remove().
void WriterFolder::remove_leftovers() const {
  for (const std::string& name : names_in(writers_)) {
    std::error_code ignored;
    const fs::path path = writers_ + "/" + name;
    if (name.front() == '.' && fs::is_directory(path, ignored)) fs::remove_all(path, ignored);
  }
}

}  // namespace bidwell::events
