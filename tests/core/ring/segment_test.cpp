// SPDX-License-Identifier: MIT
#include "core/ring/segment.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "core/base/clock.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

bool exists(const std::string& name) {
    struct stat status {};
    return ::stat(shmPath(name).c_str(), &status) == 0;
}

void expectRefusedSpec(const SegmentSpec& spec, const std::string& part) {
    const auto segment = Segment::create(spec);
    ASSERT_FALSE(segment) << part;
    EXPECT_EQ(segment.error().kind, ErrorKind::usage) << segment.error().message;
    EXPECT_NE(segment.error().message.find(part), std::string::npos) << segment.error().message;
    EXPECT_FALSE(exists(spec.name));
}

TEST(Segment, NameCarriesScenarioPidAndNonce) {
    const std::string name = segmentName("slow leak/2");
    const std::string start = "ringscope-slow_leak_2-" + std::to_string(::getpid()) + "-";
    EXPECT_EQ(name.rfind(start, 0), 0U) << name;
    EXPECT_NE(name, segmentName("slow leak/2"));
}

TEST(Segment, RemovesItsNameWhenItGoes) {
    const SegmentSpec spec = specOf(8, 64);
    {
        const Segment segment = makeSegment(spec);
        EXPECT_TRUE(segment.ownsName());
        EXPECT_TRUE(exists(spec.name));
    }
    EXPECT_FALSE(exists(spec.name));
}

TEST(Segment, AttachedOneLeavesTheName) {
    const Segment segment = makeSegment(8, 64);
    { const auto other = Segment::attach(segment.name()); }
    EXPECT_TRUE(exists(segment.name()));
}

TEST(Segment, ReleasedNameStays) {
    const SegmentSpec spec = specOf(8, 64);
    const ShmFile guard(spec.name);
    makeSegment(spec).releaseOwnership();
    EXPECT_TRUE(exists(spec.name));
}

TEST(Segment, RefusesAnExistingNameAndLeavesItAlone) {
    const Segment segment = makeSegment(8, 64);
    SegmentSpec again = specOf(16, 64);
    again.name = segment.name();
    const auto second = Segment::create(again);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::failed);
    EXPECT_NE(second.error().message.find("exists already"), std::string::npos);
    EXPECT_EQ(Segment::attach(segment.name())->geometry().channels[0].capacity, 8U);
}

TEST(Segment, RefusesImpossibleSpecs) {
    for (const std::uint64_t capacity : {0ULL, 1ULL, 3ULL, 1000ULL, 1ULL << 25U}) {
        expectRefusedSpec(specOf(capacity, 64),
                          std::to_string(capacity) + " slots is not a power of two");
    }
    SegmentSpec spec = specOf(8, 64);
    spec.channels[0].slotStride = 100;
    expectRefusedSpec(spec, "slot stride of 100 bytes is not a multiple of 64");
    spec = specOf(8, 81);
    spec.channels[0].slotStride = 128;
    expectRefusedSpec(spec, "payload of 81 bytes does not fit a slot of 128 bytes; at most 80 do");
    spec = specOf(8, 1025);
    spec.channels[0].slotStride = 1088;
    expectRefusedSpec(spec, "at most 1024 do");
    spec = specOf(8, 64);
    spec.channels.clear();
    expectRefusedSpec(spec, "0 channels");
    spec.channels.resize(257);
    expectRefusedSpec(spec, "257 channels");
    spec = specOf(8, 64);
    spec.rosterEntries = 0;
    expectRefusedSpec(spec, "roster of 0 entries");
    spec = specOf(8, 64);
    spec.channels[0].name = std::string(24, 'x');
    expectRefusedSpec(spec, "longer than 23 bytes");
    spec = specOf(8, 64);
    spec.name = "a/b";
    EXPECT_EQ(Segment::create(spec).error().kind, ErrorKind::usage);
}

TEST(Segment, RefusesMoreThanDevShmHoldsAndLeavesNothing) {
    struct statvfs room {};
    ASSERT_EQ(::statvfs("/dev/shm", &room), 0);
    const std::uint64_t free = std::uint64_t{room.f_bavail} * room.f_frsize;
    SegmentSpec spec = specOf(std::uint64_t{1} << 24U, 64);
    while (spec.channels.size() * (std::uint64_t{128} << 24U) <= free) {
        if (spec.channels.size() == 256) {
            GTEST_SKIP() << "/dev/shm has more than 512 GiB free";
        }
        spec.channels.push_back(spec.channels[0]);
    }
    const auto segment = Segment::create(spec);
    ASSERT_FALSE(segment);
    EXPECT_EQ(segment.error().kind, ErrorKind::failed);
    EXPECT_NE(segment.error().message.find("/dev/shm has no room"), std::string::npos)
        << segment.error().message;
    EXPECT_FALSE(exists(spec.name));
    ASSERT_EQ(::statvfs("/dev/shm", &room), 0);
    EXPECT_GT(std::uint64_t{room.f_bavail} * room.f_frsize, free / 2);
}

TEST(Segment, AttachTellsThatThereIsNone) {
    const auto segment = Segment::attach("ringscope-none-1-x");
    ASSERT_FALSE(segment);
    EXPECT_EQ(segment.error().kind, ErrorKind::target);
    EXPECT_NE(segment.error().message.find("does not exist"), std::string::npos);
}

TEST(Segment, StrideOf1088HasDmxpMagicAndAnotherItsOwn) {
    EXPECT_TRUE(makeSegment(8, 1024).geometry().isDmxpCompatible);
    EXPECT_TRUE(makeSegment(8, 977).geometry().isDmxpCompatible);
    EXPECT_EQ(makeSegment(8, 977).geometry().channels[0].payloadCapacity, 1024U);
    EXPECT_FALSE(makeSegment(8, 64).geometry().isDmxpCompatible);
    const Segment beyond = makeSegment(8, 1040); // rounds to 1088 as well, which DMXP cannot fill
    EXPECT_FALSE(beyond.geometry().isDmxpCompatible);
    EXPECT_EQ(beyond.geometry().channels[0].slotStride, 1152U);
}

TEST(Segment, HoldsMinimumBytesWhenAsked) {
    SegmentSpec spec = specOf(8, 1024);
    spec.minimumBytes = std::uint64_t{4} << 20U;
    EXPECT_EQ(makeSegment(spec).geometry().bytes, spec.minimumBytes);
}

TEST(Segment, CarriesMessagesOnEveryOf256Channels) {
    SegmentSpec spec = specOf(2, 16);
    spec.channels.resize(256, spec.channels[0]);
    spec.rosterEntries = 512;
    const Segment segment = makeSegment(spec);
    for (std::size_t channel = 0; channel < 256; ++channel) {
        auto producer = Producer::join(segment, channel);
        auto consumer = Consumer::join(segment, channel);
        ASSERT_TRUE(producer->try_push({channel, 0, 0, 0}, {}));
        std::array<std::byte, 16> buffer{};
        const auto header = consumer->try_pop(buffer);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->messageId, channel);
        EXPECT_EQ(header->channelId, channel);
    }
}

TEST(Segment, JoiningAChannelThatIsNotThereIsAUsageError) {
    const Segment segment = makeSegment(2, 16);
    EXPECT_EQ(Producer::join(segment, 1).error().kind, ErrorKind::usage);
    EXPECT_EQ(Consumer::join(segment, 300).error().kind, ErrorKind::usage);
}

// A whole segment by hand, one field spoilt: attach() and the observer name it.
struct Spoilt {
    const char* what;
    std::uint64_t offset;
    std::uint32_t bytes;
    std::uint64_t value;
    const char* named;
    ErrorKind kind = ErrorKind::damaged;
};

class HostileSegment : public testing::TestWithParam<Spoilt> {};

TEST_P(HostileSegment, IsRefusedWithTheNameOfTheField) {
    const Spoilt& spoilt = GetParam();
    const Segment segment = makeSegment(8, 64);
    if (spoilt.bytes == 4) {
        poke(segment.name(), spoilt.offset, static_cast<std::uint32_t>(spoilt.value));
    } else {
        poke(segment.name(), spoilt.offset, spoilt.value);
    }
    const auto attached = Segment::attach(segment.name(), std::chrono::milliseconds(5));
    ASSERT_FALSE(attached);
    EXPECT_EQ(attached.error().kind, spoilt.kind);
    EXPECT_NE(attached.error().message.find(spoilt.named), std::string::npos)
        << attached.error().message;
    EXPECT_NE(attached.error().message.find(segment.name()), std::string::npos);
    const auto observed = RingObserver::open(segment.name());
    ASSERT_FALSE(observed);
    EXPECT_NE(observed.error().message.find(spoilt.named), std::string::npos)
        << observed.error().message;
}

constexpr std::uint64_t kHuge = 0xFFFF'FFFF'FFFF'FF80;

INSTANTIATE_TEST_SUITE_P(
    Field, HostileSegment,
    testing::Values(Spoilt{"magic", 0, 8, 0x1234, "magic"},
                    Spoilt{"version", 8, 4, 2, "version is 2"},
                    Spoilt{"maxChannels", 12, 4, 255, "max_channels"},
                    Spoilt{"channelCount", 16, 4, 257, "channel_count"},
                    Spoilt{"extensionMagic", 24, 8, 7, "extension magic"},
                    Spoilt{"extensionVersion", 32, 4, 9, "extension version is 9"},
                    Spoilt{"ready", 36, 4, 0, "ready"},
                    Spoilt{"rosterOffsetUnaligned", 40, 8, 98'433, "roster offset"},
                    Spoilt{"rosterOffsetInHeader", 40, 8, 128, "roster offset"},
                    Spoilt{"rosterOffsetBehind", 40, 8, kHuge, "roster offset"},
                    Spoilt{"rosterEntriesNone", 48, 4, 0, "roster entries"},
                    Spoilt{"rosterEntriesMany", 48, 4, 0xFFFF'FFFF, "roster entries"},
                    Spoilt{"rosterEntryBytes", 52, 4, 64, "roster entry size"},
                    Spoilt{"segmentBytes", 56, 8, kHuge, "cut short"},
                    Spoilt{"capacityOdd", 136, 8, 7, "channel 0 capacity"},
                    Spoilt{"capacityHuge", 136, 8, std::uint64_t{1} << 63U, "channel 0 capacity"},
                    Spoilt{"capacityTooMany", 136, 8, 1024, "channel 0 band offset"},
                    Spoilt{"bandUnaligned", 144, 8, 131'201, "channel 0 band offset"},
                    Spoilt{"bandInHeader", 144, 8, 128, "channel 0 band offset"},
                    Spoilt{"bandBehind", 144, 8, kHuge, "channel 0 band offset"},
                    Spoilt{"bandOnRoster", 144, 8, 98'432, "overlaps"},
                    Spoilt{"strideUnaligned", 156, 4, 65, "channel 0 slot stride"},
                    Spoilt{"strideZero", 156, 4, 0, "channel 0 slot stride"},
                    Spoilt{"strideHuge", 156, 4, 0xFFFF'FFC0, "channel 0 slot stride"},
                    Spoilt{"payload", 160, 4, 81, "channel 0 payload capacity"},
                    Spoilt{"secondChannelOverlaps", 128 + 384 + 8, 8, 8, "channel 1"}),
    [](const auto& test) { return std::string(test.param.what); });

TEST(Segment, TruncatedFileIsRefusedAtEveryLength) {
    const Segment segment = makeSegment(8, 64);
    const std::uint64_t whole = segment.geometry().bytes;
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{127}, std::uint64_t{128},
          std::uint64_t{98'431}, std::uint64_t{98'432}, std::uint64_t{131'199}, whole - 1}) {
        ASSERT_EQ(::truncate(shmPath(segment.name()).c_str(), static_cast<off_t>(whole)), 0);
        const Segment copy = makeSegment(8, 64);
        ASSERT_EQ(::truncate(shmPath(copy.name()).c_str(), static_cast<off_t>(length)), 0);
        const auto attached = Segment::attach(copy.name(), std::chrono::milliseconds(5));
        ASSERT_FALSE(attached) << length;
        EXPECT_EQ(attached.error().kind, ErrorKind::damaged);
        EXPECT_NE(attached.error().message.find("cut short"), std::string::npos)
            << length << ": " << attached.error().message;
        EXPECT_FALSE(RingObserver::open(copy.name())) << length;
    }
}

TEST(Segment, AttachWaitsForReadyAndGivesUp) {
    const Segment segment = makeSegment(8, 64);
    poke<std::uint32_t>(segment.name(), 36, 0);
    const std::int64_t start = monotonicNs();
    const auto attached = Segment::attach(segment.name(), std::chrono::milliseconds(30));
    const std::int64_t took = monotonicNs() - start;
    ASSERT_FALSE(attached);
    EXPECT_NE(attached.error().message.find("has not finished it"), std::string::npos);
    EXPECT_GE(took, 30 * kNsPerMs);
    EXPECT_LT(took, 20 * kNsPerSecond);
}

TEST(Segment, UnderDmxpMagicTheStrideIs1088WhateverThePaddingSays) {
    const Segment segment = makeSegment(8, 1024);
    poke<std::uint32_t>(segment.name(), 128 + 28, 64);
    poke<std::uint32_t>(segment.name(), 128 + 32, 5'000);
    const auto attached = Segment::attach(segment.name());
    ASSERT_TRUE(attached) << attached.error().message;
    EXPECT_EQ(attached->geometry().channels[0].slotStride, 1088U);
    EXPECT_EQ(attached->geometry().channels[0].payloadCapacity, 1024U);
}

TEST(Segment, ChannelNameCannotCommandATerminal) {
    const Segment segment = makeSegment(8, 64);
    poke<std::uint32_t>(segment.name(), 128 + 40, 0x5B1B'0741); // "A", bell, escape, "["
    EXPECT_EQ(Segment::attach(segment.name())->geometry().channels[0].name, "A??[");
}

TEST(Segment, TwoToThe24SlotsAttach) {
    struct statvfs room {};
    ASSERT_EQ(::statvfs("/dev/shm", &room), 0);
    if (std::uint64_t{room.f_bavail} * room.f_frsize < (std::uint64_t{2} << 30U)) {
        GTEST_SKIP() << "/dev/shm has less than 2 GiB free";
    }
    const Segment segment = makeSegment(std::uint64_t{1} << 24U, 16);
    EXPECT_EQ(segment.channel(0).capacity(), std::uint64_t{1} << 24U);
    EXPECT_EQ(segment.channel(0).slot((std::uint64_t{1} << 24U) - 1)->sequence,
              (std::uint64_t{1} << 24U) - 1);
}

} // namespace
} // namespace ringscope
