// Reads a campaign's targeting. Everything not mentioned is accepted.
#include "catalog/load_parts.h"

namespace bidwell::catalog {
namespace {

// A rule is a list (those and no others) or {"include": [...], "exclude": [...]}.
struct Rule {
  std::vector<std::pair<std::string, std::string>> include, exclude, all;  // value, place
};

Rule read_rule(Fields& targeting, std::string_view key, bool has_all) {
  Rule rule;
  const std::size_t faults = targeting.faults().size();
  const auto into = [&](std::vector<std::pair<std::string, std::string>>& list) {
    return [&](const Json& entry, const std::string& at) {
      if (entry.is_string() && !entry.get_ref<const std::string&>().empty()) {
        list.emplace_back(entry.get<std::string>(), at);
      } else {
        targeting.faults().push_back({at, "must be a string that is not empty"});
      }
    };
  };
  const Json* value = targeting.find(key);
  if (value == nullptr) return rule;
  if (value->is_array()) {
    targeting.each(key, into(rule.include));
  } else if (value->is_object()) {
    Fields fields(*value, targeting.place(key), targeting.faults());
    fields.each(has_all ? "any" : "include", into(rule.include));
    fields.each(has_all ? "none" : "exclude", into(rule.exclude));
    if (has_all) fields.each("all", into(rule.all));
    fields.refuse_unknown();
    const bool empty = rule.include.empty() && rule.exclude.empty() && rule.all.empty();
    if (empty && targeting.faults().size() == faults) {
      fields.fault("", "says nothing: name a value or leave it out");
    }
  } else {
    targeting.fault(key, "must be a list or an object of lists");
  }
  if (value->is_array() && value->empty()) targeting.fault(key, "an empty list would match nothing: leave it out");
  return rule;
}

void read_trait(Fields& targeting, Trait trait, std::uint64_t& traits) {
  const TraitInfo& known = info(trait);
  const std::size_t faults = targeting.faults().size();
  const Rule rule = read_rule(targeting, known.key, false);
  const auto bits = [&](const auto& entries) {
    std::uint64_t set = 0;
    for (const auto& [value, at] : entries) {
      const int index = targeting.choice_of(at, value, known.values);
      if (index < 0) continue;
      set |= trait_bit(trait, index);
      // "mobile" is OpenRTB's general value for phones and tablets.
      if (trait == Trait::device_type && value == "mobile") set |= trait_bit(trait, 4) | trait_bit(trait, 5);
      if (trait == Trait::connection && value == "cellular") {
        for (int generation = 4; generation <= 7; ++generation) set |= trait_bit(trait, generation);
      }
    }
    return set;
  };
  if (!rule.include.empty()) traits &= ~known.mask() | bits(rule.include);
  traits &= ~bits(rule.exclude);
  if ((traits & known.mask()) == 0 && targeting.faults().size() == faults) {
    targeting.fault(known.key, "accepts no value at all");
  }
}

void read_flag(Fields& targeting, Trait trait, std::uint64_t& traits) {
  bool wanted = false;
  if (targeting.boolean(info(trait).key, wanted)) traits &= ~trait_bit(trait, !wanted);
}

void read_names(Fields& targeting, Dimension dimension, NameRule& out) {
  const bool segments = dimension == Dimension::segment;
  const Rule rule = read_rule(targeting, key(dimension), segments);
  const auto take = [&](const auto& entries, std::vector<std::string>& list, bool any_allowed) {
    for (const auto& [value, at] : entries) {
      if (value == kAnyValue && !any_allowed) {
        targeting.faults().push_back({at, "\"*\" makes sense only where values are included"});
      } else if (token(dimension, value) == 0) {
        targeting.faults().push_back({at, fmt::format("\"{}\" is not a {}", value, key(dimension))});
      } else {
        list.push_back(value);
      }
    }
  };
  take(rule.include, out.include, true);
  take(rule.exclude, out.exclude, false);
  take(rule.all, out.all, false);
}

void read_os_versions(Fields& targeting, Targeting& out) {
  targeting.each("os_version", [&](const Json& entry, const std::string& at) {
    Fields fields(entry, at, targeting.faults());
    OsVersionRange range;
    if (const int os = fields.choice("os", info(Trait::os).values); os >= 0) {
      range.os = static_cast<unsigned>(os);
    } else if (entry.is_object() && !fields.has("os")) {
      fields.fault("os", "is required");
    }
    std::string text;
    const auto version = [&](const char* name, std::uint16_t fill, std::uint64_t& bound) {
      if (!fields.text(name, text)) return;
      if (const auto parsed = parse_version(text, fill)) {
        bound = *parsed;
      } else {
        fields.fault(name, fmt::format("\"{}\" is not a version like 13 or 10.3.1", text));
      }
    };
    version("min", 0, range.min);
    version("max", 0xffff, range.max);  // "13" includes 13.4
    if (range.min > range.max) fields.fault("max", "is below min");
    fields.refuse_unknown();
    out.os_versions.push_back(range);
  });
}

void read_radius(Fields& targeting, Targeting& out) {
  targeting.each("radius", [&](const Json& entry, const std::string& at) {
    Fields fields(entry, at, targeting.faults());
    Circle circle;
    fields.number("lat", circle.lat, -90, 90);
    fields.number("lon", circle.lon, -180, 180);
    fields.number("km", circle.km, 0.01, 20'000);
    const bool whole = fields.has("lat") && fields.has("lon") && fields.has("km");
    if (!whole && entry.is_object()) fields.fault("", "needs lat, lon (degrees) and km");
    fields.refuse_unknown();
    out.radius.push_back(circle);
  });
}

void read_hours(Fields& targeting, Targeting& out) {
  static constexpr std::string_view kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::bitset<168> hours;
  const bool given = targeting.each("hour_of_week", [&](const Json& entry, const std::string& at) {
    Fields fields(entry, at, targeting.faults());
    int from = 0, to = 24;
    fields.integer("from", from, 0, 23);
    fields.integer("to", to, 1, 24);
    if (to <= from) fields.fault("to", "must be after from; split a window that passes midnight in two");
    std::vector<std::size_t> days;
    if (const Json* list = fields.find("days"); list != nullptr && *list == Json::array()) {
      fields.fault("days", "an empty list would match nothing: leave it out");
    }
    fields.each("days", [&](const Json& day, const std::string& place) {
      const int index = day.is_string() ? fields.choice_of(place, day.get<std::string>(), kDays) : -1;
      if (index >= 0) days.push_back(static_cast<std::size_t>(index));
      if (!day.is_string()) fields.faults().push_back({place, "must be a day such as \"mon\""});
    });
    if (!fields.has("days")) days = {0, 1, 2, 3, 4, 5, 6};
    for (const std::size_t day : days) {
      for (int hour = from; hour < to; ++hour) hours.set(day * 24 + static_cast<std::size_t>(hour));
    }
    fields.refuse_unknown();
  });
  if (given) out.hours = hours;
  if (const Json* list = targeting.find("hour_of_week"); list != nullptr && *list == Json::array()) {
    targeting.fault("hour_of_week", "an empty list would match nothing: leave it out");
  }
}

}  // namespace

Targeting load_targeting(const Json& value, const std::string& where, std::vector<Fault>& faults) {
  Targeting out;
  Fields fields(value, where, faults);
  if (!value.is_object()) return out;
  for (const Trait trait :
       {Trait::inventory, Trait::device_type, Trait::os, Trait::connection, Trait::position, Trait::gender}) {
    read_trait(fields, trait, out.traits);
  }
  read_flag(fields, Trait::instl, out.traits);
  read_flag(fields, Trait::rewarded, out.traits);
  for (std::size_t i = 0; i < kDimensions; ++i) read_names(fields, static_cast<Dimension>(i), out.names[i]);
  read_os_versions(fields, out);
  read_radius(fields, out);
  read_hours(fields, out);
  if (const Json* age = fields.find("age")) {
    Fields range(*age, fields.place("age"), faults);
    int bound = 0;
    if (range.integer("min", bound, 0, 120)) out.age_min = bound;
    if (range.integer("max", bound, 0, 120)) out.age_max = bound;
    if (out.age_min && out.age_max && *out.age_min > *out.age_max) range.fault("max", "is below min");
    range.refuse_unknown();
  }
  fields.refuse_unknown();
  return out;
}

}  // namespace bidwell::catalog
