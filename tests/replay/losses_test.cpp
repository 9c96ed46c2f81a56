// Each cause has a name of its own and words for people.
#include "bidwell/replay/losses.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace bidwell::replay {
namespace {

TEST(LossesTest, EachHasAName) {
  std::set<std::string_view> names, meanings;
  for (std::size_t i = 0; i < kLosses; ++i) {
    const Loss loss = static_cast<Loss>(i);
    EXPECT_FALSE(name_of(loss).empty()) << i;
    EXPECT_FALSE(meaning_of(loss).empty()) << i;
    names.insert(name_of(loss)), meanings.insert(meaning_of(loss));
  }
  EXPECT_EQ(names.size(), kLosses);
  EXPECT_EQ(meanings.size(), kLosses);
}

TEST(LossesTest, NamesAreThoseOfTheEnum) {
  EXPECT_EQ(name_of(Loss::file_cut_off), "file_cut_off");
  EXPECT_EQ(name_of(Loss::interface_dropped), "interface_dropped");
  EXPECT_EQ(name_of(Loss::bytes_missing), "bytes_missing");
  EXPECT_EQ(name_of(Loss::flow_pushed_out), "flow_pushed_out");
  EXPECT_EQ(name_of(Loss::head_cut_off), "head_cut_off");
  EXPECT_EQ(name_of(Loss::answer_unusable), "answer_unusable");
  EXPECT_EQ(name_of(Loss::line_malformed), "line_malformed");
  EXPECT_EQ(name_of(Loss::not_post), "not_post");
  EXPECT_EQ(name_of(Loss::sampled_out), "sampled_out");
  EXPECT_EQ(name_of(Loss::replayed_answer), "replayed_answer");
}

TEST(LossesTest, WhatWasAskedForIsNotLost) {
  EXPECT_FALSE(is_choice(Loss::file_cut_off));
  EXPECT_FALSE(is_choice(Loss::record_malformed));
  EXPECT_TRUE(is_choice(Loss::not_post));
  EXPECT_TRUE(is_choice(Loss::sampled_out));
}

TEST(LossesTest, AddsUp) {
  Losses one, other;
  one.add(Loss::not_tcp), other.add(Loss::not_tcp, 2), other.add(Loss::filtered);
  one += other;
  EXPECT_EQ(one.of(Loss::not_tcp), 3u);
  EXPECT_EQ(one.of(Loss::filtered), 1u);
  EXPECT_EQ(one.of(Loss::not_post), 0u);
}

}  // namespace
}  // namespace bidwell::replay
