// The plain reading of a bid request that the parser is held against: nlohmann's DOM, nothing
// clever, one document at a time. And the text form in which two readings are compared.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/openrtb/parse.h"
#include "bidwell/openrtb/request.h"

namespace bidwell::openrtb {

// A reading and all that its views point to.
class ReferenceReading {
 public:
  explicit ReferenceReading(const nlohmann::json& document);
  ReferenceReading(const ReferenceReading&) = delete;
  ReferenceReading& operator=(const ReferenceReading&) = delete;

  ParseError error() const { return error_; }
  const BidRequest& request() const { return request_; }  // of use if error() is none

 private:
  using Json = nlohmann::json;

  ParseError read(const Json& document);
  std::string_view keep(std::string text);
  std::string_view text(const Json& parent, std::string_view key);
  Strings texts(const Json& parent, std::string_view key);
  std::span<const std::int32_t> integers(const Json& parent, std::string_view key);
  template <class T>
  std::span<T> keep(std::deque<std::vector<T>>& store, std::vector<T> list) {
    return store.emplace_back(std::move(list));
  }

  Floor floor(const Json& parent, std::string_view key, std::string_view currency_key);
  Banner banner(const Json& value);
  Stream stream(const Json& value);
  NativeAsset asset(const Json& value);
  void native_markup(const Json& markup, Native& native);
  Native native(const Json& value);
  std::span<const Deal> deals(const Json& pmp);
  Imp imp(const Json& value);
  Channel channel(const Json& value);
  Geo geo(const Json& value);
  Device device(const Json& value);
  std::span<const Eid> eids(const Json& value);
  std::span<const Segment> segments(const Json& value);
  User user(const Json& value);
  Regs regs(const Json& value);
  SupplyChain schain(const Json& source);

  BidRequest request_;
  ParseError error_ = ParseError::none;
  // Deques, so that what stands in them stays where it is.
  std::deque<std::string> texts_;
  std::deque<std::vector<std::string_view>> lists_;
  std::deque<std::vector<std::int32_t>> integers_;
  std::deque<std::vector<Format>> formats_;
  std::deque<std::vector<NativeAsset>> assets_;
  std::deque<std::vector<Deal>> deals_;
  std::deque<std::vector<Imp>> imps_;
  std::deque<std::vector<Eid>> eids_;
  std::deque<std::vector<Segment>> segments_;
  std::deque<std::vector<SupplyChainNode>> nodes_;
};

// Every field as a line "imp[0].banner.w=300", in a fixed order. Numbers that stand where text
// belongs are written as nlohmann would, for it does not keep how a fraction was written.
std::string describe(const BidRequest& request);

// The same of the reference's reading; "error=..." if it refuses the document.
std::string describe_reference(const nlohmann::json& document);

}  // namespace bidwell::openrtb
