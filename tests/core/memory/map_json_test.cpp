// SPDX-License-Identifier: MIT
#include "core/memory/map_json.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/base/process_identity.h"
#include "core/memory/map_difference.h"
#include "core/memory/map_reader.h"
#include "tests/core/memory/smaps_fixture.h"
#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;
using testing::smapsText;

std::string jsonOf(const MapSnapshot& snapshot) {
    std::ostringstream out;
    writeMapJson(snapshot, out);
    return out.str();
}

TEST(MapJson, GivesBackTheMapOfARealProcess) {
    const MapSnapshot saved = readMapSnapshot(selfProcess()).value();
    const std::string text = jsonOf(saved);
    const auto read = mapFromJson(text, "x.json");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(jsonOf(*read), text) << "every field that is written is read";
    EXPECT_EQ(read->space.process, saved.space.process);
    EXPECT_EQ(read->sums().regionTotal(), saved.sums().regionTotal());
    EXPECT_EQ(read->types, saved.types);
    ASSERT_TRUE(read->rollup);
    EXPECT_EQ(read->rollup->pss, saved.rollup->pss);
    EXPECT_GT(read->rollup->rss, 0U);
}

TEST(MapJson, KeepsEveryFieldOfARegion) {
    const MapSnapshot saved = mapOf(
        "7f00-8f00 rw-s 00001000 08:1f 42 /dev/shm/a b\nSize: 4 kB\nKernelPageSize: 4 kB\n"
        "Rss: 1 kB\nPss: 2 kB\nPss_Dirty: 3 kB\nShared_Clean: 4 kB\nShared_Dirty: 5 kB\n"
        "Private_Clean: 6 kB\nPrivate_Dirty: 7 kB\nReferenced: 8 kB\nAnonymous: 9 kB\nKSM: 10 kB\n"
        "LazyFree: 11 kB\nAnonHugePages: 12 kB\nShmemPmdMapped: 13 kB\nFilePmdMapped: 14 kB\n"
        "Shared_Hugetlb: 15 kB\nPrivate_Hugetlb: 16 kB\nSwap: 17 kB\nSwapPss: 18 kB\n"
        "Locked: 19 kB\nVmFlags: rd wr sh zz\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
    const auto read = mapFromJson(jsonOf(saved), "x.json");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(jsonOf(*read), jsonOf(saved));
    const MemoryRegion& region = read->space.map.regions[0];
    EXPECT_EQ(region.ksm, 10U * 1024);
    EXPECT_EQ(region.swapPss, 18U * 1024);
    EXPECT_EQ(region.deviceMinor, 0x1fU);
    EXPECT_EQ(read->space.map.flagsOf(region), "rd wr sh zz");
    EXPECT_EQ(read->space.map.regions[1].start, 0xffffffffff600000U);
    EXPECT_EQ(compareMaps(saved, *read).regions[0].change, MapChange::same);
}

MapSnapshot mapWithNodes() {
    MapSnapshot snapshot =
        mapOf("1000-9000 rw-p 00000000 00:00 0 [heap]\nb000-c000 rw-p 00000000 00:00 0\n");
    snapshot.nodes =
        parseNumaMaps("1000 default heap N0=3 N2=1 kernelpagesize_kB=4\nx\n", snapshot.space.map);
    return snapshot;
}

TEST(MapJson, KeepsTheNodesOfThePages) {
    const MapSnapshot saved = mapWithNodes();
    const auto read = mapFromJson(jsonOf(saved), "x.json");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->nodes, saved.nodes);
    EXPECT_EQ(read->nodesOf(MemoryType::heap), (MemoryNodes{{0, 12288}, {2, 4096}}));
    EXPECT_TRUE(read->nodesOf(MemoryType::image).empty());
    const auto without = mapFromJson(jsonOf(mapOf("1000-2000 rw-p 00000000 00:00 0\n")), "x.json");
    ASSERT_TRUE(without);
    EXPECT_FALSE(without->nodes) << "not read is not the same as on no node";
}

TEST(MapJson, RefusesNodesThatCannotBe) {
    const std::string good = jsonOf(mapWithNodes());
    for (const char* bad :
         {"[[2,4096],[0,4096]]", "[[0,1],[0,1]]", "[[4096,1]]", "[[0,0]]", "[[0]]", "7"}) {
        std::string text = good;
        const std::string_view nodes = "[[0,12288],[2,4096]]";
        const auto at = text.find(nodes);
        ASSERT_NE(at, std::string::npos);
        EXPECT_FALSE(mapFromJson(text.replace(at, nodes.size(), bad), "x.json")) << bad;
    }
}

TEST(MapJson, RefusesWhatIsNoMapInOneSentence) {
    const std::string good = jsonOf(mapOf("1000-2000 rw-p 00000000 00:00 0\n"));
    const auto messageOf = [](const std::string& text) {
        const auto read = mapFromJson(text, "x.json");
        return read ? std::string("read") : read.error().message;
    };
    ASSERT_EQ(messageOf(good), "read");
    EXPECT_NE(messageOf(good.substr(0, good.size() / 2)).find("x.json is no memory map"),
              std::string::npos);
    EXPECT_NE(messageOf("{}").find("does not say"), std::string::npos);
    EXPECT_NE(messageOf("[1,2]").find("does not say"), std::string::npos);
    EXPECT_NE(messageOf(R"({"format":"ringscope-map","version":9})").find("version 9"),
              std::string::npos);
    EXPECT_NE(messageOf(R"({"format":"ringscope-map","version":1})").find("missing"),
              std::string::npos);
    EXPECT_NE(messageOf(R"({"format":"ringscope-map","version":1,"regions":[{"start":"x"}]})")
                  .find("another type"),
              std::string::npos);
    EXPECT_NE(messageOf(R"({"format":"ringscope-map","version":1,"regions":[
                           {"start":8192,"end":12288},{"start":4096,"end":8192}]})")
                  .find("order"),
              std::string::npos);
}

TEST(MapJson, RefusesNumbersThatAreNoSize) {
    const auto mapWith = [](const char* rss) {
        return std::string(R"({"format":"ringscope-map","version":1,"regions":[)") +
               R"({"start":4096,"end":8192,"rss":)" + rss + "}]}";
    };
    ASSERT_TRUE(mapFromJson(mapWith("18446744073709551615"), "x"));
    for (const char* const rss : {"-1", "4096.5", "1e3", "2.4e84", "-2.4e84", "true", "1e400",
                                  "18446744073709551616", R"("4")"}) {
        const auto read = mapFromJson(mapWith(rss), "x");
        ASSERT_FALSE(read) << rss;
        EXPECT_EQ(read.error().kind, ErrorKind::damaged);
    }
    EXPECT_FALSE(mapFromJson(R"({"format":"ringscope-map","version":1e99,"regions":[]})", "x"));
    EXPECT_TRUE(mapFromJson(mapWith(R"(0,"device":[8,1])"), "x"));
    EXPECT_FALSE(mapFromJson(mapWith(R"(0,"device":[8,1e99])"), "x"));
    EXPECT_FALSE(mapFromJson(mapWith(R"(0,"device":[-8,1])"), "x"));
}

TEST(MapJson, RefusesPageSizesThatNoMachineHas) {
    const auto mapWith = [](const std::string& size) {
        return R"({"format":"ringscope-map","version":1,"page_size":)" + size +
               R"(,"regions":[{"start":4096,"end":8192}]})";
    };
    for (const char* const size : {"4096", "16384", "1048576"}) {
        EXPECT_TRUE(mapFromJson(mapWith(size), "x")) << size;
        EXPECT_TRUE(mapHeadFromJson(mapWith(size))) << size;
    }
    for (const char* const size : {"0", "1", "3", "2048", "4097", "2097152"}) {
        const auto read = mapFromJson(mapWith(size), "x");
        ASSERT_FALSE(read) << size;
        EXPECT_NE(read.error().message.find("page size"), std::string::npos);
        EXPECT_FALSE(mapHeadFromJson(mapWith(size))) << "of a session: " << size;
    }
}

TEST(MapJson, RefusesWhatIsNestedWithoutEnd) {
    const std::string head = R"({"format":"ringscope-map","version":1,"regions":[],"x":)";
    const auto nested = [&](std::size_t levels) {
        return head + std::string(levels, '[') + std::string(levels, ']') + "}";
    };
    EXPECT_TRUE(mapFromJson(nested(8), "x")) << "of a later version";
    EXPECT_TRUE(mapFromJson(head + "\"" + std::string(1000, '[') + "\\\"[\"}", "x")) << "text";
    const auto read = mapFromJson(nested(1000), "x");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("nested"), std::string::npos) << read.error().message;
}

TEST(MapJson, SumsOfAnySizesStayWhole) {
    std::string regions;
    for (int i = 1; i <= 3; ++i) {
        regions += (i == 1 ? "" : ",") + std::string(R"({"start":)") + std::to_string(i * 4096) +
                   R"(,"end":)" + std::to_string(i * 4096 + 4096) +
                   R"(,"rss":18446744073709551615,"private_dirty":9223372036854775808,)"
                   R"("private_clean":9223372036854775808,"pss":9223372036854775807,)"
                   R"("anonymous":1152921504606846976})";
    }
    const auto read =
        mapFromJson(R"({"format":"ringscope-map","version":1,"regions":[)" + regions + "]}", "x");
    ASSERT_TRUE(read);
    const MemorySums total = read->sums().regionTotal();
    constexpr std::uint64_t kMost = INT64_MAX / 2; // differences of sums have a sign
    EXPECT_EQ(total.rss, kMost);
    EXPECT_EQ(total.pss, kMost);
    EXPECT_EQ(total.privateBytes, kMost);
    EXPECT_EQ(total.privateAndSwap(), kMost);
    EXPECT_EQ(total.size, 3U * 4096);
    EXPECT_EQ(jsonOf(mapFromJson(jsonOf(*read), "x").value()), jsonOf(*read));
}

TEST(MapJson, AnyCutIsRefused) {
    const std::string good = jsonOf(mapOf(smapsText("sleep")));
    for (std::size_t length = 0; length + 3 < good.size(); length += 101) {
        EXPECT_FALSE(mapFromJson(std::string_view(good).substr(0, length), "x")) << length;
    }
}

} // namespace
} // namespace ringscope
