// The parser by parts of the request; each reads one object into its struct.
#pragma once

#include "openrtb/json_reader.h"

namespace bidwell::openrtb {

// imp: banner, video, audio, native, pmp. `native_parser` reads native requests that are JSON in a
// string.
void read_imp(JsonReader& json, ondemand::parser& native_parser, ondemand::value value, Imp& imp);

// native: its request as a string or an object, wrapped or bare.
void read_native(JsonReader& json, ondemand::parser& native_parser, ondemand::value value,
                 Native& native);

// video and audio.
void read_stream(JsonReader& json, ondemand::value value, Stream& stream, std::int32_t* rewarded);

// site, app and dooh.
void read_channel(JsonReader& json, ondemand::value value, Channel& channel);

void read_device(JsonReader& json, ondemand::value value, Device& device);
void read_user(JsonReader& json, ondemand::value value, User& user);
void read_regs(JsonReader& json, ondemand::value value, Regs& regs);
void read_source(JsonReader& json, ondemand::value value, SupplyChain& schain);

}  // namespace bidwell::openrtb
