// SPDX-License-Identifier: MIT
#include "core/ring/foreign_ring.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/ring/segment.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

using testing::HasSubstr;

// A file of 4096 bytes: capacity at 0, head at 64, tail at 128.
class ForeignFile {
public:
    ForeignFile()
        : m_file(segmentName("foreign")) {
        const FileDescriptor fd(
            ::open(shmPath(name()).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        EXPECT_EQ(::ftruncate(fd.get(), 4096), 0);
    }
    [[nodiscard]] const std::string& name() const { return m_file.name(); }
    void set(std::uint64_t head, std::uint64_t tail) const {
        poke(name(), 64, head);
        poke(name(), 128, tail);
    }

private:
    ShmFile m_file;
};

RingDescription described(const std::string& cursorEnd, const std::string& capacity = "8") {
    auto description =
        parseRingDescription("[[channels]]\ncapacity = " + capacity + "\n\nhead = { offset = 64, " +
                                 cursorEnd + " }\ntail = { offset = 128, " + cursorEnd + " }\n",
                             "demo.toml");
    if (!description) {
        ADD_FAILURE() << description.error().message;
        std::abort();
    }
    return *description;
}

// Head and tail of the first channel as one looks now.
std::pair<std::uint64_t, std::uint64_t> look(ForeignRing& ring) {
    const auto cursors = ring.cursors();
    if (!cursors) {
        ADD_FAILURE() << cursors.error().message;
        return {};
    }
    return {cursors->front().head, cursors->front().tail};
}

std::string refusal(const std::string& object, RingDescription description) {
    const auto ring = ForeignRing::open(object, std::move(description));
    return ring ? "opened" : ring.error().message;
}

using Pair = std::pair<std::uint64_t, std::uint64_t>;

TEST(ForeignRing, ReadsCountersAsTheyAre) {
    const ForeignFile file;
    file.set(1000, 1005);
    auto ring = ForeignRing::open(file.name(), described("size = 8"));
    ASSERT_TRUE(ring) << ring.error().message;
    EXPECT_EQ(look(*ring), Pair(1000, 1005));
    file.set(1010, 1018);
    EXPECT_EQ(look(*ring), Pair(1010, 1018));
    EXPECT_EQ(ring->cursors()->front().used(), 8U);
}

TEST(ForeignRing, FourByteCountersGoOnWhereTheyWrap) {
    const ForeignFile file;
    file.set(0xFFFF'FFFE, 0xFFFF'FFFF);
    auto ring = ForeignRing::open(file.name(), described("size = 4"));
    ASSERT_TRUE(ring) << ring.error().message;
    file.set(1, 4);
    EXPECT_EQ(look(*ring), Pair(0x1'0000'0001, 0x1'0000'0004));
}

TEST(ForeignRing, IndexBecomesACounter) {
    const ForeignFile file;
    file.set(6, 1); // three are in it: 6, 7, 0
    auto ring = ForeignRing::open(file.name(), described("size = 8, wraps = \"index\""));
    ASSERT_TRUE(ring) << ring.error().message;
    EXPECT_EQ(look(*ring), Pair(6, 9));
    file.set(0, 7);
    EXPECT_EQ(look(*ring), Pair(8, 15));
    file.set(0, 7);
    EXPECT_EQ(look(*ring), Pair(8, 15));
}

TEST(ForeignRing, LapThatBothIndexesMustHaveGoneIsCounted) {
    const ForeignFile file;
    file.set(0, 7);
    auto ring = ForeignRing::open(file.name(), described("size = 8, wraps = \"index\""));
    ASSERT_TRUE(ring) << ring.error().message;
    file.set(1, 1); // it is empty: tail has passed 8, so head has
    EXPECT_EQ(look(*ring), Pair(9, 9));
}

TEST(ForeignRing, CounterThatWentBackIsSaidAndNothingSinks) {
    const ForeignFile file;
    file.set(1000, 1005);
    auto ring = ForeignRing::open(file.name(), described("size = 8"));
    file.set(0, 2);
    EXPECT_EQ(look(*ring), Pair(1005, 1007));
    const auto changes = ring->refresh();
    ASSERT_EQ(changes->size(), 1U);
    EXPECT_THAT(changes->front(), HasSubstr("went back"));
    EXPECT_EQ(ring->generation(), 1U);
    EXPECT_TRUE(ring->refresh()->empty());
}

TEST(ForeignRing, CapacityIsReadAgain) {
    const ForeignFile file;
    poke<std::uint64_t>(file.name(), 0, 16);
    auto ring = ForeignRing::open(file.name(), described("size = 8", "{ offset = 0, size = 8 }"));
    ASSERT_TRUE(ring) << ring.error().message;
    EXPECT_EQ(ring->cursors()->front().capacity, 16U);
    poke<std::uint64_t>(file.name(), 0, 32);
    EXPECT_THAT(ring->refresh()->front(), HasSubstr("32 slots"));
    EXPECT_EQ(ring->cursors()->front().capacity, 32U);
    poke<std::uint64_t>(file.name(), 0, std::uint64_t{1} << 60U);
    EXPECT_THAT(ring->refresh().error().message,
                HasSubstr("demo.toml:2: the capacity at offset 0"));
    EXPECT_EQ(ring->cursors()->front().capacity, 32U) << "what was checked stays";
}

TEST(ForeignRing, RefusesWhatCannotBeAndNamesTheLine) {
    const ForeignFile file;
    const std::string path = shmPath(file.name());
    auto beyond = described("size = 8");
    beyond.channels[0].head.offset = 8192;
    EXPECT_EQ(refusal(file.name(), beyond),
              "demo.toml:4: head.offset 8192 is beyond the end of " + path + " (4096 bytes)");
    beyond.channels[0].head.offset = 4092; // half of it
    EXPECT_THAT(refusal(file.name(), beyond), HasSubstr("head.offset 4092 is beyond the end"));
    file.set(5, 3);
    EXPECT_THAT(
        refusal(file.name(), described("size = 8")),
        HasSubstr("demo.toml:5: in " + path + " head is 5 and tail 3, which are not 0 to 8"));
    file.set(0, 9);
    EXPECT_THAT(refusal(file.name(), described("size = 8")), HasSubstr("the other way round?"));
    EXPECT_THAT(refusal(file.name(), described("size = 8, wraps = \"index\"")),
                HasSubstr("demo.toml:5: tail is 9 in " + path));
    file.set(0, 8);
    EXPECT_THAT(refusal(file.name(), described("size = 8, wraps = \"index\"")),
                HasSubstr("tail is 8 in " + path + ", which is no index below the capacity 8"));
    EXPECT_THAT(refusal("", described("size = 8")), HasSubstr("names no object"));
    EXPECT_THAT(refusal("/dev", described("size = 8")), HasSubstr("not a regular file"));
    EXPECT_THAT(refusal("ringscope-none", described("size = 8")), HasSubstr("cannot be opened"));
}

TEST(ForeignRing, FileThatIsCutShortIsAnErrorAndComesBack) {
    const ForeignFile file;
    auto ring = ForeignRing::open("/" + file.name(), described("size = 8"));
    ASSERT_TRUE(ring) << ring.error().message;
    EXPECT_EQ(ring->presence(), SegmentPresence::present);
    ASSERT_EQ(::truncate(shmPath(file.name()).c_str(), 100), 0);
    EXPECT_THAT(ring->cursors().error().message, HasSubstr("tail.offset 128 is beyond the end"));
    EXPECT_EQ(ring->presence(), SegmentPresence::truncated);
    ASSERT_EQ(::truncate(shmPath(file.name()).c_str(), 4096), 0);
    EXPECT_TRUE(ring->cursors());
}

} // namespace
} // namespace ringscope
