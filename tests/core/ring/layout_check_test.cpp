// SPDX-License-Identifier: MIT
#include "core/ring/layout_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "tests/core/ring/dmxp_builders.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LayoutCheck checkOf(const std::string& name) {
    const auto observer = RingObserver::open(name);
    if (!observer) {
        ADD_FAILURE() << observer.error().message;
        return {};
    }
    const auto checked = checkLayout(*observer);
    if (!checked) {
        ADD_FAILURE() << checked.error().message;
        return {};
    }
    return *checked;
}

TEST(LayoutCheck, RingsAtWorkAreSound) {
    const Segment segment = makeSegment(8, 1024);
    auto producer = Producer::join(segment, 0);
    auto consumer = Consumer::join(segment, 0);
    std::vector<std::byte> buffer(1024);
    for (int i = 0; i < 21; ++i) {
        ASSERT_TRUE(producer->try_push({}, {}));
        EXPECT_THAT(checkOf(segment.name()).off, IsEmpty()) << i;
        if (i % 3 != 0 || i > 9) {
            ASSERT_TRUE(consumer->try_pop(buffer));
        }
    }
    const auto reserved = producer->try_reserve();
    const auto peeked = consumer->try_peek();
    const LayoutCheck check = checkOf(segment.name());
    EXPECT_THAT(check.off, IsEmpty());
    EXPECT_GT(check.checks, 10U);
    EXPECT_EQ(check.slots, 8U);
    EXPECT_THAT(check.notes, ElementsAre(HasSubstr("128 MiB")));
}

TEST(LayoutCheck, NamesWhatADmxpClientLeftUnfinished) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    EXPECT_THAT(checkOf(file.name()).off, IsEmpty());
    client.publishCapacity(8);
    client.initialiseSlots(1, 3);
    EXPECT_THAT(checkOf(file.name()).off,
                ElementsAre(HasSubstr("channel_count is 1, but 2 are in use"),
                            HasSubstr("channel 1: 6 slots have no sequence")));
}

TEST(LayoutCheck, NamesCursorsThatAreNotTheSlots) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    passMessages(client, 21);
    EXPECT_THAT(checkOf(file.name()).off, IsEmpty());
    client.initialiseSlots(0, 8); // head and tail stay where they were
    EXPECT_THAT(checkOf(file.name()).off, ElementsAre(HasSubstr("from before the last lap")));
}

TEST(LayoutCheck, NamesSlotsThatAreAheadOfTheCursors) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    passMessages(client, 21);
    client.resetCursors(0);
    EXPECT_THAT(checkOf(file.name()).off, ElementsAre(HasSubstr("tail has not come to")));
    poke<std::uint64_t>(file.name(), 128 + 256, 3);
    EXPECT_THAT(checkOf(file.name()).off,
                ElementsAre(HasSubstr("head 3 is beyond tail 0"), testing::_));
}

TEST(LayoutCheck, NamesWhatDoesNotFit) {
    const ShmFile file(segmentName("dmxp"));
    dmxp::Client client = dmxp::Client::create(file.name(), kSmall);
    client.createChannel(8);
    client.createChannel(1);
    ASSERT_TRUE(client.sendWithLength(0, 1, "short", 70'000));
    poke<std::uint32_t>(file.name(), 20, 7);
    poke<std::uint32_t>(file.name(), 128, 9);
    EXPECT_THAT(checkOf(file.name()).off,
                ElementsAre(HasSubstr("reserved word is 7"), HasSubstr("channel 1 capacity is 1"),
                            HasSubstr("its id is 9"), HasSubstr("up to 70000 bytes")));
}

} // namespace
} // namespace ringscope
