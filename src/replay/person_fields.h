// Which values of a bid request or response tell of a person, and what becomes of each.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bidwell/replay/json_edit.h"

namespace bidwell::replay {

enum class Treatment : std::uint8_t {
  keep,
  identifier,  // another of the same form
  words,       // free text: each word another
  address,     // IP addresses, one or a list
  url,         // values of the query
  consent,     // its times
  degrees,     // rounded
  year,        // rounded
  postcode,    // its first characters
  empty        // nothing: markup and notices of answers
};

Treatment treatment_in_request(const JsonScalar& scalar);
Treatment treatment_in_answer(const JsonScalar& scalar);

// Of the headers of either.
Treatment treatment_of_header(std::string_view name);

}  // namespace bidwell::replay
