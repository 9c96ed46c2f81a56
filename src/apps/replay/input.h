// Reads a source through its selection, with progress: what every command of bidwell-replay begins with.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "apps/replay/commands.h"
#include "bidwell/replay/losses.h"
#include "bidwell/replay/request.h"

namespace bidwell::apps {

// A line on standard error that is written over, where that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine();
  bool due() const;  // a tenth of a second has passed
  void show(const std::string& text);
  void clear();

 private:
  bool wanted_, shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

class Input {
 public:
  explicit Input(const InputOptions& options);

  // The next request that is wanted; `none` as a live source gives it.
  replay::Next next(replay::CapturedRequest& out);

  std::uint64_t given() const noexcept { return given_; }  // by the source
  replay::Losses losses();                                 // the source's, and what was not selected
  std::string progress();                                  // "45 %, 81,233 requests"
  // At the end: why the source ended early; empty: it did not.
  std::string_view fault() const { return source_->fault(); }

 private:
  replay::Selection selection_;
  std::unique_ptr<replay::RequestSource> source_;
  replay::Losses refused_;
  std::uint64_t given_ = 0;
};

// Calls `each` with all requests of a source that ends.
void for_each_request(Input& input, ProgressLine& progress, const std::function<void(replay::CapturedRequest&)>& each);

// On standard error, where there is any: what could not be used and what was left out, and why the source ended early.
void print_losses(Input& input);

}  // namespace bidwell::apps
