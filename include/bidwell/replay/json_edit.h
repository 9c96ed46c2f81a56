// Changes some values of a JSON document and leaves every other byte as it was: numbers keep their spelling, duplicate
// keys and odd types stay. Written for the replayer: it shares nothing with the bidder's parser.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bidwell::replay {

enum class JsonKind : std::uint8_t { string, number, boolean, null };

// A scalar of the document. Views live for the call.
struct JsonScalar {
  // The keys on the way, as written (escapes not resolved); an array's elements have their array's path: for
  // {"imp":[{"id":"1"}]} it is {"imp","id"}.
  std::span<const std::string_view> path;
  JsonKind kind;
  std::string_view text;  // as written, strings with their quotes
  std::size_t offset;     // of text in the document
};

// A JSON text to put in its place (a string with its quotes), or nothing to leave it. Called in document order.
class JsonEditor {
 public:
  virtual std::optional<std::string> edit(const JsonScalar& scalar) = 0;

 protected:
  ~JsonEditor() = default;
};

// False: not one JSON document (or deeper than 128); `out` is then undefined. `out` may be null to look only.
bool edit_json(std::string_view document, JsonEditor& editor, std::string* out);

}  // namespace bidwell::replay
