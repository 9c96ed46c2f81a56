// The kinds of sources that open_requests() chooses from.
#pragma once

#include <memory>

#include "bidwell/replay/packets.h"
#include "bidwell/replay/request.h"
#include "bidwell/replay/input_file.h"

namespace bidwell::replay {

// As open_packets(), of a file that was opened already.
std::unique_ptr<PacketSource> packets_of(std::unique_ptr<InputFile> file, const std::string& name,
                                         const PacketOptions& options);

std::unique_ptr<RequestSource> requests_of_capture(std::unique_ptr<PacketSource> packets, const SourceOptions& options);
std::unique_ptr<RequestSource> requests_of_lines(std::unique_ptr<InputFile> file, const SourceOptions& options);
std::unique_ptr<RequestSource> requests_of_goreplay(std::unique_ptr<InputFile> file, const SourceOptions& options);

}  // namespace bidwell::replay
