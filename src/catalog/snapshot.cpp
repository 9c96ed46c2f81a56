#include "bidwell/catalog/snapshot.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_set>

#include "catalog/index_builder.h"
#include "catalog/markup.h"

namespace bidwell::catalog {
namespace {

std::int32_t code_points(std::string_view text) {
  return static_cast<std::int32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void append_parts(const std::vector<Piece>& pieces, char*& at, std::vector<openrtb::MarkupPart>& out) {
  for (const Piece& piece : pieces) {
    piece.text.copy(at, piece.text.size());
    out.push_back({{at, piece.text.size()}, piece.macro});
    at += piece.text.size();
  }
}

void set_texts(const std::vector<Piece>& markup, const std::vector<Piece>& landing, CompiledCreative& out) {
  std::size_t size = 0;
  for (const auto* pieces : {&markup, &landing}) {
    for (const Piece& piece : *pieces) size += piece.text.size();
  }
  out.text = std::make_unique_for_overwrite<char[]>(size);
  char* at = out.text.get();
  append_parts(markup, at, out.adm);
  append_parts(landing, at, out.landing);
}

CompiledCreative compile_creative(const Campaign& campaign, const Creative& creative, bool notices) {
  CompiledCreative out;
  out.source = &creative;
  out.fixed = fixed_members(campaign, creative);
  set_texts(cut_markup(markup_of(campaign, creative, notices), campaign, creative, notices),
            cut_landing_page(campaign, creative), out);
  for (const std::string& category : creative.cat) {
    out.cat.push_back(category);
    if (const auto parent = parent_category(category); !parent.empty()) out.cat.push_back(parent);
  }
  out.subject = subject_of("creative:" + creative.id);
  out.language = creative.language.substr(0, creative.language.find_first_of("-_"));
  for (const std::string& title : creative.titles) out.titles.push_back({code_points(title), native_title(title)});
  for (const NativeImage& image : creative.images) {
    out.images.push_back({image.type, image.w, image.h, native_image(image)});
  }
  for (const NativeData& data : creative.data) {
    out.data.push_back({data.type, code_points(data.value), native_data(data)});
  }
  return out;
}

std::vector<Predicate> compile_predicates(const Targeting& targeting) {
  std::vector<Predicate> predicates;
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const auto add = [&](Predicate::Kind kind, const std::vector<std::string>& values) {
      if (values.empty()) return;
      Predicate predicate{dimension, kind, {}};
      for (const std::string& value : values) predicate.tokens.push_back(token(dimension, value));
      std::sort(predicate.tokens.begin(), predicate.tokens.end());
      predicate.tokens.erase(std::unique(predicate.tokens.begin(), predicate.tokens.end()), predicate.tokens.end());
      predicates.push_back(std::move(predicate));
    };
    const NameRule& rule = targeting.names[i];
    add(Predicate::Kind::include, rule.include);
    // A campaign that wants deals may use one of them beside another it excludes: Matcher::check_price picks.
    const bool picks_deals = dimension == Dimension::deal && !rule.include.empty();
    if (!picks_deals) add(Predicate::Kind::exclude, rule.exclude);
    add(Predicate::Kind::all, rule.all);
  }
  return predicates;
}

Format format_of(const Creative& creative) {
  Format format{static_cast<std::uint8_t>(creative.media), 0, 0};
  if (creative.media == Media::banner) {
    format.w = static_cast<std::uint16_t>(creative.w);
    format.h = static_cast<std::uint16_t>(creative.h);
  }
  return format;
}

// What the text is the decimal number of; nothing where a number would be written differently.
std::optional<std::uint32_t> plain_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || (text[0] == '0' && text.size() > 1)) return {};
  return number;
}

void compile_campaign(const CurrencyTable& currencies, const CompileOptions& options, CompiledCampaign& out) {
  const Campaign& campaign = *out.source;
  out.currency = *currencies.find(campaign.currency);
  out.value = campaign.value();
  out.value_usd = convert(out.value, out.currency, *currencies.find("USD"), Rounding::down);
  out.predicates = compile_predicates(campaign.targeting);
  out.wants_deal = !campaign.targeting.names[static_cast<std::size_t>(Dimension::deal)].include.empty();
  if (options.account) out.account = options.account(campaign);
  out.subject = subject_of("campaign:" + campaign.id);
  out.advertiser_subject = subject_of("advertiser:" + campaign.advertiser_id);
  if (campaign.dsa) {
    out.dsa_by_publisher = dsa_member(*campaign.dsa, false);
    out.dsa_by_advertiser = dsa_member(*campaign.dsa, true);
  }
  for (const Creative& creative : campaign.creatives) {
    out.creatives.push_back(compile_creative(campaign, creative, options.notices));
  }
}

// Has all showings remembered that some cap counts, whosever it is.
void mark_remembered(std::span<CompiledCampaign> campaigns) {
  std::unordered_set<std::uint32_t> counted;
  for (const CompiledCampaign& campaign : campaigns) {
    for (const Cap& cap : campaign.source->caps) {
      if (cap.of == Cap::Of::campaign) counted.insert(campaign.subject);
      if (cap.of == Cap::Of::advertiser) counted.insert(campaign.advertiser_subject);
      if (cap.of != Cap::Of::creative) continue;
      for (const CompiledCreative& creative : campaign.creatives) counted.insert(creative.subject);
    }
  }
  for (CompiledCampaign& campaign : campaigns) {
    campaign.remembered = counted.contains(campaign.subject) || counted.contains(campaign.advertiser_subject) ||
                          std::any_of(campaign.creatives.begin(), campaign.creatives.end(),
                                      [&](const auto& creative) { return counted.contains(creative.subject); });
  }
}

}  // namespace

std::string_view name(Media media) noexcept {
  constexpr std::string_view kNames[] = {"", "banner", "video", "audio", "native"};
  return kNames[static_cast<std::size_t>(media)];
}

std::shared_ptr<const Snapshot> Snapshot::compile(std::vector<Campaign> campaigns, const CurrencyTable& currencies,
                                                  const CompileOptions& options) {
  const std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->sources_ = std::move(campaigns);
  snapshot->compiled_.resize(snapshot->sources_.size());  // never again: lines point into it
  IndexBuilder builder;
  for (std::size_t i = 0; i < snapshot->sources_.size(); ++i) {
    CompiledCampaign& campaign = snapshot->compiled_[i];
    campaign.source = &snapshot->sources_[i];
    compile_campaign(currencies, options, campaign);
    for (const Predicate& predicate : campaign.predicates) {
      snapshot->used_ |= 1u << static_cast<unsigned>(predicate.dimension);
    }
    const NameRule& segments = campaign.source->targeting.names[static_cast<std::size_t>(Dimension::segment)];
    for (const auto* values : {&segments.include, &segments.exclude, &segments.all}) {
      for (const std::string& value : *values) {
        if (const auto number = plain_number(value)) {
          snapshot->numbered_segments_.emplace(*number, token(Dimension::segment, value));
        }
      }
    }

    snapshot->campaigns_by_id_.emplace(campaign.source->id, &campaign);
    snapshot->has_caps_ |= !campaign.source->caps.empty();

    const std::size_t first_line = snapshot->lines_.size();
    for (const CompiledCreative& creative : campaign.creatives) {
      snapshot->creatives_.emplace(CreativeKey{campaign.source->id, creative.source->id}, &creative);
      const Format format = format_of(*creative.source);
      const auto mine = snapshot->lines_.begin() + static_cast<std::ptrdiff_t>(first_line);
      auto line = std::find_if(mine, snapshot->lines_.end(), [&](const Line& known) { return known.format == format; });
      if (line == snapshot->lines_.end()) {
        snapshot->lines_.push_back({format, &campaign, {}});
        line = snapshot->lines_.end() - 1;
      }
      line->creatives.push_back(&creative);
    }
    for (std::size_t number = first_line; number < snapshot->lines_.size(); ++number) {
      const Line& line = snapshot->lines_[number];
      campaign.lines.push_back(&line);
      if (line.format.media == static_cast<std::uint8_t>(Media::banner) &&
          std::find(snapshot->banner_formats_.begin(), snapshot->banner_formats_.end(), line.format) ==
              snapshot->banner_formats_.end()) {
        snapshot->banner_formats_.push_back(line.format);
      }
      // A paused campaign stays in the catalog, for explain, but is never a candidate.
      if (campaign.source->active) builder.add(campaign, line, static_cast<std::uint32_t>(number));
    }
  }
  mark_remembered(snapshot->compiled_);
  snapshot->index_ = std::move(builder).build();
  // The largest part of a catalog, and compiled by now.
  for (Campaign& campaign : snapshot->sources_) {
    for (Creative& creative : campaign.creatives) std::string().swap(creative.markup);
  }
  return snapshot;
}

}  // namespace bidwell::catalog
