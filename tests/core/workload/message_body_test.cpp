// SPDX-License-Identifier: MIT
#include "core/workload/message_body.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/workload/payload_sizes.h"

namespace ringscope {
namespace {

std::vector<std::byte> sealed(std::size_t length, std::uint64_t sequence) {
    std::vector<std::byte> payload(length);
    for (std::size_t at = 0; at < length; ++at) {
        payload[at] = static_cast<std::byte>(at * 31);
    }
    sealMessage(payload, {sequence, 42, 3, 7, 0});
    return payload;
}

TEST(MessageBody, OpensWhatWasSealedAtEveryLength) {
    for (std::size_t length = 24; length < 200; ++length) {
        const auto payload = sealed(length, 1234567);
        MessageStamp stamp;
        ASSERT_TRUE(openMessage(payload, &stamp)) << length;
        EXPECT_EQ(stamp.sequence, 1234567U);
        EXPECT_EQ(stamp.sentNs, 42);
        EXPECT_EQ(stamp.sender, 3);
        EXPECT_EQ(stamp.channel, 7);
    }
}

TEST(MessageBody, NoticesEveryFlippedBit) {
    for (const std::size_t length : {24U, 31U, 32U, 33U, 64U, 100U}) {
        for (std::size_t bit = 0; bit < length * 8; ++bit) {
            auto payload = sealed(length, 5);
            payload[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            MessageStamp stamp;
            ASSERT_FALSE(openMessage(payload, &stamp)) << length << " bit " << bit;
        }
    }
}

TEST(MessageBody, NoticesWhatWasCutOrMixed) {
    auto payload = sealed(64, 5);
    const auto other = sealed(64, 6);
    MessageStamp stamp;
    EXPECT_FALSE(openMessage(std::span(payload).first(63), &stamp));
    EXPECT_FALSE(openMessage(std::span(payload).first(10), &stamp));
    std::copy(other.begin() + 24, other.end(), payload.begin() + 24);
    EXPECT_TRUE(openMessage(payload, &stamp)); // same bytes from there on
    std::copy(other.begin(), other.begin() + 8, payload.begin());
    EXPECT_FALSE(openMessage(payload, &stamp)); // another message's number
}

TEST(MessageBody, NamesSenderAndSequenceInTheMessageId) {
    const std::uint64_t id = messageIdOf(255, (std::uint64_t{1} << 48U) - 1);
    EXPECT_EQ(senderOfMessageId(id), 255U);
    EXPECT_EQ(sequenceOfMessageId(id), (std::uint64_t{1} << 48U) - 1);
}

layout::RunPlan planOf(const PayloadSettings& payload) {
    Scenario scenario;
    scenario.payload = payload;
    return makeRunPlan(scenario, "ring");
}

TEST(PayloadSizes, KeepTheProportionsOfAList) {
    PayloadSizes sizes(
        planOf({SizeDistribution::list, 64, 24, 99, 1, 1, {{64, 3}, {128, 1}, {256, 0.01}}}), 0);
    std::size_t small = 0;
    for (int count = 0; count < 40'000; ++count) {
        const std::uint32_t size = sizes.next();
        ASSERT_TRUE(size == 64 || size == 128 || size == 256) << size;
        small += size == 64 ? 1U : 0U;
    }
    EXPECT_NEAR(static_cast<double>(small) / 40'000, 3 / 4.01, 0.02);
}

TEST(PayloadSizes, StayWithinTheirBounds) {
    for (const SizeDistribution distribution :
         {SizeDistribution::uniform, SizeDistribution::logNormal}) {
        PayloadSizes sizes(planOf({distribution, 64, 30, 50, 40, 3, {}}), 1);
        for (int count = 0; count < 10'000; ++count) {
            const std::uint32_t size = sizes.next();
            ASSERT_GE(size, 30U);
            ASSERT_LE(size, 50U);
        }
    }
}

TEST(ChannelShare, DealsEveryChannelToSomebodyAndAllToEverybody) {
    for (std::uint32_t workers = 1; workers <= 9; ++workers) {
        for (std::uint32_t channels = 1; channels <= 9; ++channels) {
            Scenario scenario;
            scenario.workers.producers = workers;
            scenario.ring.channels = channels;
            scenario.ring.spread = ChannelSpread::own;
            std::vector<int> uses(channels);
            const layout::RunPlan plan = makeRunPlan(scenario, "ring");
            for (std::uint32_t worker = 0; worker < workers; ++worker) {
                const ChannelShare share = channelShare(plan, worker);
                ASSERT_GE(share.count, 1U);
                for (std::uint32_t use = 0; use < share.count; ++use) {
                    ++uses.at(share.channel(use));
                }
            }
            for (const int count : uses) {
                ASSERT_GE(count, 1) << workers << " over " << channels;
            }
            scenario.ring.spread = ChannelSpread::all;
            ASSERT_EQ(channelShare(makeRunPlan(scenario, "ring"), 0).count, channels);
        }
    }
}

} // namespace
} // namespace ringscope
