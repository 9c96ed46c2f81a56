// The requests that a worker has put aside: found by their ticket, or by whose deadline comes first. All memory is
// taken at the start.
#pragma once

#include <boost/intrusive/set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bidwell::http {

class Connection;

class ParkingLot {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ParkingLot(std::size_t places) : places_(places) {
    free_.reserve(places);
    for (std::size_t i = places; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  // A ticket, or 0 when all places are taken.
  std::uint64_t take(Connection& connection, Time deadline) noexcept {
    if (free_.empty()) return 0;
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Place& place = places_[index];
    place.connection = &connection;
    place.deadline = deadline;
    // Most ask for the same patience, so the latest to come is the last to go.
    order_.insert(order_.end(), place);
    return (std::uint64_t{++place.generation} << 32) | (index + 1);
  }

  // Frees the place, for another ticket. `ticket` must be one that is still parked.
  void leave(std::uint64_t ticket) noexcept {
    Place& place = *find_place(ticket);
    order_.erase(order_.iterator_to(place));
    place.connection = nullptr;
    free_.push_back(static_cast<std::uint32_t>(&place - places_.data()));
  }

  // Null: this ticket is no longer parked, or never was given out.
  Connection* find(std::uint64_t ticket) noexcept {
    const Place* place = find_place(ticket);
    return place == nullptr ? nullptr : place->connection;
  }

  bool empty() const noexcept { return order_.empty(); }
  // Whose deadline comes first. There must be one.
  Connection& first() noexcept { return *order_.begin()->connection; }
  Time first_deadline() const noexcept { return order_.begin()->deadline; }

 private:
  struct Place : boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>,
                                                 boost::intrusive::link_mode<boost::intrusive::normal_link>> {
    Time deadline;
    Connection* connection = nullptr;
    std::uint32_t generation = 0;  // of the last ticket

    friend bool operator<(const Place& a, const Place& b) noexcept { return a.deadline < b.deadline; }
  };

  Place* find_place(std::uint64_t ticket) noexcept {
    const std::uint64_t index = (ticket & 0xffff'ffff) - 1;
    if (index >= places_.size()) return nullptr;
    Place& place = places_[index];
    return place.connection != nullptr && place.generation == ticket >> 32 ? &place : nullptr;
  }

  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
  boost::intrusive::multiset<Place, boost::intrusive::constant_time_size<false>> order_;
};

}  // namespace bidwell::http
