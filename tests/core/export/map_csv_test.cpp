// SPDX-License-Identifier: MIT
#include "core/export/map_csv.h"

#include <gtest/gtest.h>
#include <sstream>

#include "tests/support/comma_locale.h"
#include "tests/support/map_snapshots.h"

namespace ringscope {
namespace {

using testing::mapOf;

constexpr const char* kMap = "1000-3000 rw-p 00000000 00:00 0 [heap]\nRss: 8 kB\nPss: 8 kB\n"
                             "Private_Dirty: 8 kB\nAnonymous: 8 kB\nVmFlags: rd wr ac\n"
                             "5000-6000 rw-s 00002000 00:1a 9 /dev/shm/a,\"b\"\nRss: 4 kB\n"
                             "Pss: 4 kB\nPrivate_Dirty: 4 kB\nVmFlags: rd wr sh\n";

std::string csvOf(const MapSnapshot& snapshot, MapRows rows,
                  std::optional<MemoryType> only = std::nullopt) {
    std::ostringstream out;
    writeMapCsv(snapshot, rows, only, out);
    std::istringstream in(out.str());
    std::string line;
    std::string kept;
    while (std::getline(in, line)) {
        kept += line.starts_with('#') ? "" : line + '\n';
    }
    return kept;
}

constexpr const char* kHeads = "size,committed,private,rss,private_rss,shareable_rss,shared_rss,"
                               "locked,pss,swap,huge,hugetlb,referenced,dirty,blocks,largest";

TEST(MapCsv, HasARowForEachObject) {
    EXPECT_EQ(csvOf(mapOf(kMap), MapRows::object),
              std::string("type,object,") + kHeads +
                  "\nShareable,\"/dev/shm/a,\"\"b\"\"\","
                  "4096,4096,4096,4096,4096,4096,0,0,4096,0,0,0,0,4096,1,4096\n"
                  "Heap,[heap],8192,8192,8192,8192,8192,0,0,0,8192,0,0,0,0,8192,1,8192\n");
}

TEST(MapCsv, HasARowForEachRegionOfAType) {
    EXPECT_EQ(csvOf(mapOf(kMap), MapRows::region, MemoryType::shareable),
              std::string("start,end,type,object,protection,") + kHeads +
                  ",offset,device,inode,flags,details\n"
                  "0x5000,0x6000,Shareable,\"/dev/shm/a,\"\"b\"\"\",rw-s,"
                  "4096,4096,4096,4096,4096,4096,0,0,4096,0,0,0,0,4096,1,4096,"
                  "8192,0:26,9,rd wr sh,from offset 0x2000\n");
}

TEST(MapCsv, SaysTheNodesWhereTheyWereRead) {
    MapSnapshot snapshot = mapOf(kMap);
    snapshot.nodes = parseNumaMaps("1000 default N0=1 N1=1 kernelpagesize_kB=4\n"
                                   "5000 default N1=1 kernelpagesize_kB=4\n",
                                   snapshot.space.map);
    const std::string types = csvOf(snapshot, MapRows::type);
    EXPECT_NE(types.find("largest,nodes\n"), std::string::npos);
    EXPECT_NE(
        types.find("\nTotal,12288,12288,12288,12288,12288,4096,0,0,12288,0,0,0,0,12288,2,8192,"
                   "N0=4096 N1=8192\n"),
        std::string::npos)
        << types;
    EXPECT_NE(csvOf(snapshot, MapRows::object).find(",8192,N0=4096 N1=4096\n"), std::string::npos);
    EXPECT_NE(csvOf(snapshot, MapRows::region).find("from offset 0x2000,N1=4096\n"),
              std::string::npos);
}

TEST(MapCsv, LeavesEmptyWhatACoreDumpCannotTell) {
    MapSnapshot snapshot = mapOf(kMap);
    snapshot.origin = MapOrigin::coreDump;
    EXPECT_NE(csvOf(snapshot, MapRows::type).find("\nTotal,12288,,,,,,,,,,,,,,2,8192\n"),
              std::string::npos);
}

TEST(MapCsv, FlagsCannotMakeRowsOfTheirOwn) {
    MapSnapshot snapshot = mapOf(kMap);
    snapshot.space.map.flags[1] = "rd\n0xdead,0xbeef,\x1b[2J";
    const std::string csv = csvOf(snapshot, MapRows::region, MemoryType::heap);
    EXPECT_NE(csv.find(",\"rd\n0xdead,0xbeef,\x1b[2J\",\"unknown flags"), std::string::npos) << csv;
    EXPECT_EQ(csv.find("unknown flags rd\n"), std::string::npos) << csv;
}

TEST(MapCsv, LeavesEmptyWhatOneSideOfADifferenceDoesNotTell) {
    const MapSnapshot live = mapOf(kMap);
    MapSnapshot core = mapOf("1000-4000 rw-p 00000000 00:00 0 [heap]\n"
                             "5000-6000 rw-s 00002000 00:1a 9 /dev/shm/a,\"b\"\n");
    core.origin = MapOrigin::coreDump;
    std::ostringstream out;
    writeMapDifferenceCsv(compareMaps(live, core), MapRows::object, out);
    EXPECT_NE(out.str().find("\n# "), std::string::npos) << "says so";
    EXPECT_NE(out.str().find("\ngrown,Heap,[heap],4096,,,,,,,,,,,,,,0,4096\n"), std::string::npos)
        << out.str();
    EXPECT_EQ(out.str().find("/dev/shm"), std::string::npos) << "the same, as far as is known";
}

TEST(MapCsv, WritesNumbersForFilesInAnyLocale) {
    const CommaLocale locale;
    MapSnapshot snapshot = mapOf("1000-1000000 rw-p 00000000 00:00 0\n");
    EXPECT_NE(csvOf(snapshot, MapRows::region).find("0x1000,0x1000000,"), std::string::npos);
    EXPECT_NE(csvOf(snapshot, MapRows::type).find("Private Data,16773120,0,"), std::string::npos);
}

TEST(MapCsv, HasASignedRowForEachChange) {
    const MapSnapshot before = mapOf(kMap);
    const MapSnapshot after = mapOf("1000-2000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\n");
    std::ostringstream out;
    writeMapDifferenceCsv(compareMaps(before, after), MapRows::region, out);
    EXPECT_NE(out.str().find("\nshrunk,0x1000,0x2000,Heap,[heap],-4096,"), std::string::npos);
    EXPECT_NE(out.str().find("\nvanished,0x5000,0x6000,Shareable,"), std::string::npos);
}

} // namespace
} // namespace ringscope
