// One line of a file of requests, read: the other half of bidwell/replay/lines.h.
#pragma once

#include <string_view>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

// A bid request as it stands (its bytes become the body) or an envelope. False: neither; `out` is then undefined.
bool read_line(std::string_view line, CapturedRequest& out);

}  // namespace bidwell::replay
