// The parts of the campaign file, each read into its struct.
#pragma once

#include "bidwell/catalog/load.h"
#include "bidwell/core/json_fields.h"

namespace bidwell::catalog {

Targeting load_targeting(const Json& value, const std::string& where, std::vector<Fault>& faults);
Creative load_creative(const Json& value, const std::string& where, std::vector<Fault>& faults);

// "budget" and "frequency" of a campaign whose other keys were read, into it.
void load_budget(Fields& campaign, Campaign& out);
void load_frequency(Fields& campaign, Campaign& out);

}  // namespace bidwell::catalog
