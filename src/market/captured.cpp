#include "market/captured.h"

#include <fmt/format.h>

#include <numeric>
#include <stdexcept>

#include "bidwell/replay/json_edit.h"

namespace bidwell::market {
namespace {

class Edit final : public replay::JsonEditor {
 public:
  Edit(const std::string& id, unsigned tmax_ms) : id_(id), tmax_ms_(tmax_ms) {}

  std::optional<std::string> edit(const replay::JsonScalar& scalar) override {
    if (scalar.path.size() != 1) return std::nullopt;
    if (scalar.path[0] == "id") {
      has_id = true;
      return "\"" + id_ + "\"";
    }
    if (scalar.path[0] == "tmax") {
      has_tmax = true;
      return std::to_string(tmax_ms_);
    }
    return std::nullopt;
  }

  bool has_id = false, has_tmax = false;

 private:
  const std::string& id_;
  const unsigned tmax_ms_;
};

// Losses of a file itself, not of what was chosen.
std::uint64_t count(const replay::Losses& losses) {
  std::uint64_t sum = 0;
  using replay::Loss;
  for (const Loss loss : {Loss::head_cut_off, Loss::body_cut_off, Loss::head_malformed, Loss::message_too_large,
                          Loss::body_undecodable, Loss::line_malformed, Loss::record_malformed}) {
    sum += losses.of(loss);
  }
  return sum;
}

}  // namespace

bool put_in(const std::string& body, const std::string& id, unsigned tmax_ms, std::string& out) {
  Edit edit(id, tmax_ms);
  out.clear();
  if (!replay::edit_json(body, edit, &out)) return false;
  const std::size_t open = out.find_first_not_of(" \t\r\n");
  if (open == std::string::npos || out[open] != '{') return false;
  const bool empty = out.find_first_not_of(" \t\r\n", open + 1) == out.find('}', open + 1);
  std::string added;
  if (!edit.has_id) added += fmt::format("\"id\":\"{}\",", id);
  if (!edit.has_tmax) added += fmt::format("\"tmax\":{},", tmax_ms);
  if (empty && !added.empty()) added.pop_back();
  out.insert(open + 1, added);
  return true;
}

CapturedAsks::CapturedAsks(const Options& options, std::uint64_t run) : options_(options), run_(run) {
  open();
}

void CapturedAsks::open() {
  source_ = replay::open_requests(options_.requests, replay::SourceOptions{});
  used_ = 0;
}

bool CapturedAsks::next(std::uint64_t number, Ask& out) {
  const std::string id = auction_id(run_, number);
  while (true) {
    const replay::Next next = source_->next(request_);
    if (next == replay::Next::none) continue;
    if (next == replay::Next::end) {
      if (first_round_) left_out_ += count(source_->losses());
      first_round_ = false;
      if (used_ == 0) return false;
      open();
      continue;
    }
    if (request_.method == "POST" && put_in(request_.body, id, options_.tmax_ms, out.body) && read_terms(out) &&
        out.id == id) {
      ++used_;
      return true;
    }
    left_out_ += first_round_;
  }
}

}  // namespace bidwell::market
