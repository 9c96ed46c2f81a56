// The parser by parts of the request: each reads the object at the cursor into its struct, or
// leaves the struct as it is when something else stands there.
#pragma once

#include "openrtb/json_reader.h"

namespace bidwell::openrtb {

// imp: banner, video, audio, native, pmp.
void read_imp(JsonReader& json, Imp& imp);

// native: its request as a string or an object, wrapped or bare.
void read_native(JsonReader& json, Native& native);

// video and audio.
void read_stream(JsonReader& json, Stream& stream, std::int32_t* rewarded);

// site, app and dooh.
void read_channel(JsonReader& json, Channel& channel);

void read_device(JsonReader& json, Device& device);
void read_user(JsonReader& json, User& user);
void read_regs(JsonReader& json, Regs& regs);
void read_source(JsonReader& json, SupplyChain& schain);

}  // namespace bidwell::openrtb
