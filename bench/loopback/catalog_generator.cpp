// See catalog_generator.h.
#include "catalog_generator.h"

#include <stdexcept>

namespace bidwell::loopback {

std::string make_catalog(std::size_t /*campaigns*/, std::uint64_t /*seed*/) {
  throw std::runtime_error("make_catalog is not written yet: use --without Bidwell");
}

}  // namespace bidwell::loopback
