// Builds an Index: chooses for each campaign where it is posted, then lays the lists out dearest first.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "bidwell/catalog/snapshot.h"

namespace bidwell::catalog {

class IndexBuilder {
 public:
  void add(const CompiledCampaign& campaign, const Line& line, std::uint32_t line_number);
  Index build() &&;

 private:
  struct Posting {
    std::uint64_t node = 0;   // node key
    std::uint64_t list = 0;   // list key; equal to `node` for the plain list
    std::uint64_t value = 0;  // token it is posted under
    Entry entry;
  };
  std::vector<Posting> postings_;
};

}  // namespace bidwell::catalog
