// Campaigns for tests: a small sound one of each medium, and what a test changes in it as a JSON
// merge patch (RFC 7396: null removes a key, lists are replaced whole).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bidwell/catalog/load.h"
#include "bidwell/catalog/snapshot.h"

namespace bidwell::catalog::testing {

inline Json creative(std::string_view media, std::string_view patch = "{}") {
  Json json = {{"id", "cr"}, {"media", media}, {"adomain", {"brand.example"}}};
  if (media == "banner") {
    json.update({{"w", 300}, {"h", 250}, {"markup", "<b>ad</b>"}});
  } else if (media == "native") {
    json.update({{"titles", {"A title"}}, {"landing_page", "https://brand.example/"}});
  } else {
    const Json file = {{"url", "https://cdn.example/ad.mp4"}, {"type", "video/mp4"}, {"w", 640}, {"h", 360}};
    json.update({{"duration", 15}, {"landing_page", "https://brand.example/"}, {"media_files", {file}}});
  }
  json.merge_patch(Json::parse(patch));
  return json;
}

inline Json campaign(std::string_view id, std::string_view patch = "{}") {
  Json json = {{"id", id},
               {"advertiser", "a1"},
               {"seat", "s1"},
               {"bid", {{"model", "cpm"}, {"price", 1}}},
               {"creatives", {creative("banner")}}};
  json.merge_patch(Json::parse(patch));
  return json;
}

inline Json file(const std::vector<Json>& campaigns) {
  return {{"campaigns", campaigns}};
}

// EUR and JPY at rates that divide evenly.
inline CurrencyTable currencies() {
  CurrencyTable table;
  EXPECT_TRUE(table.set("EUR", 0.5));
  EXPECT_TRUE(table.set("JPY", 100));
  return table;
}

// "place: what" of every fault, for messages.
inline std::string text_of(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) text += fault.where + ": " + fault.what + "\n";
  return text;
}

inline std::shared_ptr<const Snapshot> compile(const std::vector<Json>& campaigns, const CompileOptions& options = {}) {
  const CurrencyTable table = currencies();
  Loaded loaded = load_campaigns(file(campaigns).dump(), table);
  EXPECT_EQ(text_of(loaded.faults), "");
  return Snapshot::compile(std::move(loaded.campaigns), table, options);
}

}  // namespace bidwell::catalog::testing
