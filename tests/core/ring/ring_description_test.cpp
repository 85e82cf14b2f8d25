// SPDX-License-Identifier: MIT
#include "core/ring/ring_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kHead = "head = { offset = 64, size = 8 }\n";
const std::string kTail = "tail = { offset = 0, size = 8 }\n";

std::string refusal(const std::string& toml) {
    const auto description = parseRingDescription(toml, "my.toml");
    if (description) {
        return "accepted";
    }
    EXPECT_EQ(description.error().kind, ErrorKind::usage);
    return description.error().message;
}

TEST(RingDescription, ReadsChannelsAndTheirArrays) {
    const auto read = parseRingDescription(
        "object = \"demo\"\n[[channels]]\nname = \"in\"\ncapacity = { offset = 8, size = 4 }\n"
        "head = { offset = 64, size = 4, wraps = \"index\" }\n"
        "tail = { offset = 128, size = 4, wraps = \"index\" }\ncount = 3\nstride = 256\n"
        "[[channels]]\ncapacity = 16\n" +
            kHead + kTail,
        "my.toml");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->object, "demo");
    ASSERT_EQ(read->channels.size(), 4U);
    const RingDescription::Channel& third = read->channels[2];
    EXPECT_EQ(third.name, "in 2");
    EXPECT_EQ(third.head.offset, 64U + 2 * 256);
    EXPECT_EQ(third.tail.offset, 128U + 2 * 256);
    EXPECT_EQ(third.capacityWord->offset, 8U + 2 * 256);
    EXPECT_EQ(third.head.size, 4U);
    EXPECT_EQ(third.counting, RingDescription::Counting::index);
    EXPECT_EQ(read->channels[3].capacity, 16U);
    EXPECT_EQ(read->channels[3].counting, RingDescription::Counting::counter);
}

TEST(RingDescription, NamesTheLineOfAMistake) {
    const std::string channel = "[[channels]]\ncapacity = 16\n";
    EXPECT_THAT(refusal("object = 1\n"), StartsWith("my.toml:1: object must be a text"));
    EXPECT_THAT(refusal("\nchannels = 3\n"), StartsWith("my.toml:2: it describes no channel"));
    EXPECT_THAT(refusal(channel + kHead), StartsWith("my.toml:1: tail must say where it is"));
    EXPECT_THAT(refusal(channel + kHead + "tail = 3\n"), StartsWith("my.toml:4: tail must say"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = -8, size = 8 }\n"),
                StartsWith("my.toml:4: tail.offset is -8, it must be a whole number from 0"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = 8, size = 6 }\n"),
                StartsWith("my.toml:4: tail.size is 6, it must be 4 or 8"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = 12, size = 8 }\n"),
                StartsWith("my.toml:4: tail.offset is 12, not a multiple of its size 8"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = 8, size = 4 }\n"),
                StartsWith("my.toml:4: head and tail are not alike"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = 8, size = 8, wraps = \"index\" }\n"),
                StartsWith("my.toml:4: head and tail are not alike"));
    EXPECT_THAT(refusal(channel + kHead + "tail = { offset = 8, size = 8, wraps = \"no\" }\n"),
                StartsWith("my.toml:4: tail.wraps is \"no\", it must be \"counter\" or"));
    EXPECT_THAT(refusal(channel + "cpacity = 3\n"),
                StartsWith("my.toml:3: there is no key 'cpacity'; here are name, capacity,"));
    EXPECT_THAT(refusal("[[channels]]\ncapacity = 0\n"), StartsWith("my.toml:2: capacity is 0"));
    EXPECT_THAT(refusal(channel + kHead + kTail + "count = 257\nstride = 8\n"),
                StartsWith("my.toml:5: count is 257"));
    EXPECT_THAT(refusal(channel + kHead + kTail + "count = 2\n"), HasSubstr("stride is missing"));
    EXPECT_THAT(refusal("[[channels]\n"), StartsWith("my.toml:1: this is not TOML"));
}

TEST(RingDescription, ExampleOfTheManualIsRight) {
    const auto read = loadRingDescription(RING_EXAMPLE);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->channels.size(), 1U);
    EXPECT_EQ(loadRingDescription("/nowhere.toml").error().kind, ErrorKind::target);
}

} // namespace
} // namespace ringscope
