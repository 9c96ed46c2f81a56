// The report's style sheet.
#pragma once

namespace bidwell::replay {

extern const char* const kStyle;

}  // namespace bidwell::replay
