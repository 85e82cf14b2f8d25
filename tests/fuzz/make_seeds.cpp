// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/file_descriptor.h"
#include "core/export/heap_export.h"
#include "core/memory/map_json.h"
#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_layout.h"
#include "core/ring/segment.h"
#include "core/session/heap_coding.h"
#include "core/session/map_coding.h"
#include "core/workload/builtin_scenarios.h"
#include "tests/core/memory/core_builder.h"
#include "tests/fuzz/sparse_image.h"
#include "tests/support/heap_records.h"
#include "tests/support/map_snapshots.h"

// Writes what the fuzzers start from into FOLDER/NAME-OF-FUZZER: real ones of everything.

namespace ringscope {
namespace {

void writeSeed(const std::filesystem::path& folder, const std::string& name,
               std::span<const std::uint8_t> bytes) {
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
}

void writeSeed(const std::filesystem::path& folder, const std::string& name,
               const std::string& text) {
    writeSeed(folder, name,
              std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

SparseImage imageOf(const Segment& segment) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(segment.header());
    return ringscope::imageOf(std::span(bytes, segment.geometry().bytes));
}

Segment make(std::vector<ChannelSpec> channels, std::uint32_t rosterEntries) {
    SegmentSpec spec;
    spec.name = segmentName("seed");
    spec.channels = std::move(channels);
    spec.rosterEntries = rosterEntries;
    auto segment = Segment::create(spec);
    if (!segment) {
        std::fprintf(stderr, "%s\n", segment.error().message.c_str());
        std::exit(1);
    }
    return std::move(*segment);
}

void putWord(SparseImage& image, std::uint64_t offset, std::uint64_t value) {
    SparseImage::Run run{offset, 0, 0, false, std::vector<std::uint8_t>(sizeof(value))};
    std::memcpy(run.bytes.data(), &value, sizeof(value));
    image.runs.push_back(std::move(run));
}

// The segment with a roster of the largest size behind its end, whose entries all look like the
// first two in turn. A look at it takes a second: these are run once, and not mutated.
SparseImage withFullRoster(const Segment& segment, SparseImage image) {
    const std::uint64_t from = segment.geometry().rosterOffset;
    const std::uint64_t to = layout::roundUp(image.fileBytes, layout::kBandAlignment);
    constexpr std::uint64_t kPair = 2 * sizeof(layout::RosterEntry);
    const std::size_t runs = image.runs.size();
    for (std::size_t i = 0; i < runs; ++i) {
        SparseImage::Run run = image.runs[i];
        if (run.offset >= from && run.offset < from + kPair) {
            run.offset += to - from;
            run.bytes.resize(std::min(run.bytes.size(), kPair));
            run.repeats = layout::kMaxRosterEntries / 2 - 256;
            run.step = kPair;
            image.runs.push_back(std::move(run));
        }
    }
    image.fileBytes = to + layout::kMaxRosterEntries * sizeof(layout::RosterEntry);
    image.lateFileBytes = image.fileBytes;
    putWord(image, offsetof(layout::Header, rosterOffset), to);
    putWord(image, offsetof(layout::Header, rosterEntries),
            layout::kMaxRosterEntries | sizeof(layout::RosterEntry) << 32U);
    return image;
}

void writeSegments(const std::filesystem::path& folder) {
    const Segment fresh = make({{2, 16, 0, "only"}}, 1);
    writeSeed(folder / "segment", "fresh", encodeImage(imageOf(fresh)));

    // Somebody is in the middle of everything, and dead as soon as this program has ended.
    const Segment held = make({{8, 16, 0, "one"}, {4, 100, 0, "two"}}, 4);
    auto producer = Producer::join(held, 0);
    auto consumer = Consumer::join(held, 0);
    for (int i = 0; i < 5; ++i) {
        (void)producer->try_push({}, {});
    }
    const auto peek = consumer->try_peek_batch(2);
    const auto reserved = producer->try_reserve_batch(2);
    SparseImage image = imageOf(held);
    writeSeed(folder / "segment", "held", encodeImage(image));
    // Both again, as they are for a moment in the middle of a claim.
    putWord(image, held.geometry().rosterOffset + offsetof(layout::RosterEntry, intent), 2);
    putWord(image,
            held.geometry().rosterOffset + sizeof(layout::RosterEntry) +
                offsetof(layout::RosterEntry, intent),
            2);
    writeSeed(folder / "segment", "between-cas-and-claim", encodeImage(image));

    writeSeed(folder / "crowd", "held", encodeImage(withFullRoster(held, imageOf(held))));
    writeSeed(folder / "crowd", "between-cas-and-claim", encodeImage(withFullRoster(held, image)));

    // As DMXP makes them: no extension, no roster.
    const Segment dmxp = make({{4, 1024, 0, ""}, {2, 1024, 0, ""}}, 1);
    image = imageOf(dmxp);
    image.runs.push_back({24, 0, 0, false, std::vector<std::uint8_t>(104)});
    image.runs.push_back({layout::kHeaderBytes, 0, 0, false, std::vector<std::uint8_t>(128)});
    writeSeed(folder / "segment", "dmxp", encodeImage(image));
}

} // namespace
} // namespace ringscope

int main(int argc, char** argv) {
    using namespace ringscope;
    if (argc != 2) {
        std::fputs("Usage: ringscope-fuzz-seeds FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    writeSegments(folder);
    for (const BuiltinScenario& scenario : builtinScenarios()) {
        writeSeed(folder / "scenario", std::string(scenario.name), std::string(scenario.toml));
    }
    writeSeed(folder / "description", "indexes",
              std::string("object = \"x\"\n[[channels]]\nname = \"a\"\n"
                          "capacity = { offset = 0, size = 8 }\ncount = 2\nstride = 256\n"
                          "head = { offset = 64, size = 8, wraps = \"index\" }\n"
                          "tail = { offset = 112, size = 8, wraps = \"index\" }\n"));
    writeSeed(
        folder / "description", "counters",
        std::string("[[channels]]\ncapacity = 1024\nhead = { offset = 2048, size = 8 }\n"
                    "tail = { offset = 2072, size = 8 }\n[[channels]]\ncapacity = 4\n"
                    "head = { offset = 2080, size = 4 }\ntail = { offset = 2088, size = 4 }\n"));
    writeSeed(folder / "core-dump", "x86-64", testing::smallCore().build().substr(0, 4096));
    writeSeed(folder / "core-dump", "aarch64", testing::smallCore(183).build().substr(0, 4096));
    writeSeed(folder / "vmmap-csv", "blocks",
              std::string("\"Address\",\"Type\",\"Size\",\"Committed\",\"Details\"\r\n"
                          "\"00200000\",\"Stack\",\"1,024\",\"28\",\"Thread ID: 1\"\r\n"
                          "\"  00200000\",\"Stack\",\"1,024\",\"1,024\",\"\"\r\n"));
    const MapSnapshot map = testing::mapOf(
        "1000-3000 r-xp 00001000 08:1f 42 /usr/bin/a b\nKernelPageSize: 4 kB\nRss: 8 kB\n"
        "Pss: 3 kB\nShared_Clean: 8 kB\nReferenced: 8 kB\nVmFlags: rd ex mr\n"
        "5000-6000 rw-p 00000000 00:00 0 [heap]\nRss: 4 kB\nPrivate_Dirty: 4 kB\n"
        "VmFlags: rd wr ac\n"
        "7000-9000 rw-s 00000000 00:01 7 /dev/shm/ring\nRss: 4 kB\nSwap: 4 kB\n");
    std::ostringstream json;
    writeMapJson(map, json);
    writeSeed(folder / "saved-map", "small", json.str());
    writeSeed(folder / "packed-map", "small", encodeMapRecord(*makeMapRecord(map, "P0", "marker")));
    writeSeed(folder / "heap-record", "small", encodeHeapRecord(testing::heapRecord()));
    std::ostringstream dhat;
    writeDhat(testing::heapRecord(), dhat);
    writeSeed(folder / "dhat", "small", dhat.str());
    return 0;
}
