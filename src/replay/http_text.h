// Lines of an HTTP/1.1 head, so written that nothing in them can end them early.
#pragma once

#include <string>
#include <string_view>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

// RFC 9110, 5.6.2: what methods and names of headers are made of.
bool is_token(std::string_view text);

// "METHOD TARGET HTTP/1.1"; POST for what is no method. A proxy's "http://host/path" loses its host; blanks and control
// characters become %XX.
void write_request_line(std::string& out, std::string_view method, std::string_view target);

// Nothing where the name is none or the value holds a line break or a zero.
void write_header(std::string& out, std::string_view name, std::string_view value);

// Whether it says how a body is framed or packed: Content-Length, Transfer-Encoding, Content-Encoding, Expect, Trailer.
bool is_framing(std::string_view name);

}  // namespace bidwell::replay
