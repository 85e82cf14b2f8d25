// SPDX-License-Identifier: MIT
#include "core/session/map_coding.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "core/memory/map_json.h"
#include "core/memory/map_reader.h"
#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;

std::string jsonOf(const MapSnapshot& snapshot) {
    std::ostringstream out;
    writeMapJson(snapshot, out);
    return out.str();
}

MapSnapshot everyField() {
    return mapOf(
        "7f00-8f00 rw-s 00001000 08:1f 42 /dev/shm/a b\nKernelPageSize: 4 kB\n"
        "Rss: 1 kB\nPss: 2 kB\nPss_Dirty: 3 kB\nShared_Clean: 4 kB\nShared_Dirty: 5 kB\n"
        "Private_Clean: 6 kB\nPrivate_Dirty: 7 kB\nReferenced: 8 kB\nAnonymous: 9 kB\nKSM: 10 kB\n"
        "LazyFree: 11 kB\nAnonHugePages: 12 kB\nShmemPmdMapped: 13 kB\nFilePmdMapped: 14 kB\n"
        "Shared_Hugetlb: 15 kB\nPrivate_Hugetlb: 16 kB\nSwap: 17 kB\nSwapPss: 18 kB\n"
        "Locked: 19 kB\nVmFlags: rd wr sh zz\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
}

TEST(MapCoding, GivesBackEveryField) {
    const auto unpacked = unpackMap(packMap(everyField()));
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(jsonOf(*unpacked), jsonOf(everyField()));
    EXPECT_FALSE(unpacked->heap);
    MapSnapshot tracked = everyField();
    tracked.heap = HeapFigures{1'234'567, std::nullopt};
    EXPECT_EQ(unpackMap(packMap(tracked))->heap, tracked.heap);
    tracked.heap->allocator = AllocatorSums{99, 4'000'000, 700'000, 300'000, 20'000};
    EXPECT_EQ(unpackMap(packMap(tracked))->heap, tracked.heap);
}

TEST(MapCoding, GivesBackTheMapOfARealProcessInFewBytes) {
    const MapSnapshot snapshot = readMapSnapshot(selfProcess()).value();
    const auto record = makeMapRecord(snapshot, "P0", "memory.rss rose above 1 MiB");
    const auto read = decodeMapRecord(encodeMapRecord(*record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->label, "P0");
    EXPECT_EQ(read->reason, "memory.rss rose above 1 MiB");
    EXPECT_EQ(read->packed, record->packed);
    EXPECT_EQ(read->timeNs, snapshot.space.timeNs);
    EXPECT_EQ(read->sums.regionTotal(), snapshot.sums().regionTotal());
    EXPECT_EQ(jsonOf(*read->unpack()), jsonOf(snapshot));
    EXPECT_LT(record->packed.size(), 6000 + snapshot.space.map.regions.size() * 60);
}

TEST(MapCoding, KeepsOnWhichNodesThePagesAre) {
    MapSnapshot snapshot = everyField();
    snapshot.nodes = NodePlacement{{{{0, 8192}, {3, 1U << 30U}}, {}}, 2, 1};
    const auto read = decodeMapRecord(encodeMapRecord(*makeMapRecord(snapshot, "P0")));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->unpack()->nodes, snapshot.nodes);
    EXPECT_FALSE(makeMapRecord(everyField(), "P0")->unpack()->nodes);
    const std::string packed = packNodes(*snapshot.nodes);
    EXPECT_FALSE(unpackNodes(packed, 3)) << "of another map";
    for (std::size_t length = 0; length < packed.size(); ++length) {
        EXPECT_FALSE(unpackNodes(std::string_view(packed).substr(0, length), 2)) << length;
    }
}

TEST(MapCoding, RefusesWhatIsCutAndStaysSaneOnDamage) {
    const std::string good = encodeMapRecord(*makeMapRecord(everyField(), "P0"));
    const std::size_t withoutReason = good.size() - 2; // as older versions wrote it
    EXPECT_NE(decodeMapRecord(std::string_view(good).substr(0, withoutReason + 1)), nullptr);
    EXPECT_NE(decodeMapRecord(std::string_view(good).substr(0, withoutReason)), nullptr);
    for (std::size_t length = 0; length < withoutReason; ++length) {
        EXPECT_EQ(decodeMapRecord(std::string_view(good).substr(0, length)), nullptr) << length;
    }
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = good;
        for (int flips = 0; flips < 3; ++flips) {
            bytes[random() % bytes.size()] = static_cast<char>(random());
        }
        if (const auto read = decodeMapRecord(bytes)) {
            const auto snapshot = read->unpack();
            ASSERT_TRUE(snapshot);
            EXPECT_EQ(snapshot->types.size(), snapshot->space.map.regions.size());
        }
    }
}

} // namespace
} // namespace ringscope
