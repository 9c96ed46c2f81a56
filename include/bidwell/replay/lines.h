// Requests as lines of JSON: read and written. A line is either a bid request as it stands (then it is a POST without
// a time or a path of its own), or an envelope, an object with "method" and "target" and no "imp":
//   {"at":1413745931.455999000,"flow":3,"method":"POST","target":"/bid/demo","headers":[["Host","x"]],
//    "body":"...", "cut_off":"head_cut_off", "answer":{"at":...,"status":200,"headers":[...],"body":"..."}}
// What is not UTF-8 is in base64: "body_base64", "method_base64", "target_base64" in place of those, and of a header
// [name, value, "base64"], both encoded. "at" has nine decimals and is read as text: no double comes near it.
#pragma once

#include <string>
#include <string_view>

#include "bidwell/replay/request.h"

namespace bidwell::replay {

// Appends the body as one line: line breaks between tokens become blanks, all else stays byte for byte.
void write_body_line(std::string& out, const CapturedRequest& request);
void write_envelope_line(std::string& out, const CapturedRequest& request);

// Why a request is not a bid request to replay (not_post, not_json_object), if it is none.
std::optional<Loss> unfit(const CapturedRequest& request);

}  // namespace bidwell::replay
