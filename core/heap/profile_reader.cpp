// SPDX-License-Identifier: MIT
#include "core/heap/profile_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <utility>
#include <x86intrin.h>

#include "core/base/clock.h"
#include "core/heap/profile_layout.h"

namespace ringscope {

namespace {

// As the tracker writes them, without what makes them atomic.
struct PlainNode {
    std::uint64_t address;
    std::uint32_t parent;
    std::uint32_t reserved;
};
struct PlainModule {
    std::uint64_t start, end, bias, ticks;
    std::uint32_t nameAt, nameBytes, firstNode, buildIdBytes;
    std::uint8_t buildId[32];
    std::uint32_t ready, reserved;
    std::uint64_t compared;
};
struct PlainStack {
    std::uint32_t node;
    std::uint32_t frames;
    std::uint32_t end;
    std::uint32_t reserved;
};
struct PlainCell {
    std::uint64_t blocks, bytes, freedBlocks, freedBytes, lifetimeTicks, temporaryBlocks, maxBytes;
    std::uint32_t maxBlocks, peakEpoch;
    std::uint64_t peakBytes, peakBlocks, reserved[6];
};
struct PlainEntry {
    std::uint64_t ticks;
    std::uint32_t size;
    std::uint32_t stack;
};
struct PlainSample {
    std::uint64_t address;
    std::uint64_t ticks;
    std::uint32_t size;
    std::uint32_t stack;
};
static_assert(sizeof(PlainEntry) == sizeof(ShadowEntry));
static_assert(sizeof(PlainSample) == sizeof(SampledBlock));
static_assert(sizeof(PlainModule) == sizeof(ProfileModule));
static_assert(sizeof(PlainNode) == sizeof(StackNode));
static_assert(sizeof(PlainStack) == sizeof(ProfileStack));
static_assert(sizeof(PlainCell) == sizeof(ProfileCell));

Error damaged(const std::string& what) {
    return makeError(ErrorKind::damaged, "a heap profile " + what);
}

std::uint64_t atLeastZero(std::uint64_t value) {
    return static_cast<std::int64_t>(value) < 0 ? 0 : value;
}

// Of the processor's time stamp counter, which runs at one rate on all processors: by what has
// passed since the recording began, on both clocks.
struct TickClock {
    std::uint64_t startTicks;
    std::int64_t startNs;
    double nsPerTick;

    [[nodiscard]] std::int64_t timeOf(std::uint64_t ticks) const {
        return startNs +
               static_cast<std::int64_t>(static_cast<double>(ticks - startTicks) * nsPerTick);
    }
};

TickClock tickClock(std::uint64_t startTicks, std::int64_t startNs) {
    const auto ticks = static_cast<double>(__rdtsc() - startTicks);
    const auto ns = static_cast<double>(monotonicNs() - startNs);
    return {startTicks, startNs, ticks > 0 && ns > 0 ? ns / ticks : 0};
}

// buckets: by the highest bit of the ticks; see kLifetimeBuckets.
void addLifetimes(HeapProfile& profile, const std::array<std::uint64_t, kLifetimeBuckets>& buckets,
                  double nsPerTick) {
    constexpr double kLongestNs = 1e18; // 30 years; more comes of no clock
    for (std::size_t bit = 0; bit < buckets.size(); ++bit) {
        const double below = std::ldexp(nsPerTick, static_cast<int>(bit) + 1);
        const auto belowNs = static_cast<std::int64_t>(std::clamp(below, 1.0, kLongestNs));
        if (buckets[bit] == 0 && profile.lifetimes.empty()) {
            continue;
        }
        if (profile.lifetimes.empty() || profile.lifetimes.back().belowNs != belowNs) {
            profile.lifetimes.push_back({belowNs, 0}); // also empty ones in between
        }
        profile.lifetimes.back().blocks += buckets[bit];
    }
    while (!profile.lifetimes.empty() && profile.lifetimes.back().blocks == 0) {
        profile.lifetimes.pop_back();
    }
}

// What has to be known of the peak to say what a cell had then.
struct Peak {
    bool isPassed = false;
    std::uint32_t epoch = 0;
};

// Sums over the threads, of which each may have freed what others allocated.
struct RawSums {
    PlainCell sum{};
    std::uint64_t peakBytes = 0;
    std::uint64_t peakBlocks = 0;
    std::uint32_t threads = 0;

    void add(const PlainCell& cell, const Peak& peak) {
        if (cell.blocks == 0 && cell.freedBlocks == 0) {
            return;
        }
        ++threads;
        sum.blocks += cell.blocks;
        sum.bytes += cell.bytes;
        sum.freedBlocks += cell.freedBlocks;
        sum.freedBytes += cell.freedBytes;
        sum.lifetimeTicks += cell.lifetimeTicks;
        sum.temporaryBlocks += cell.temporaryBlocks;
        sum.maxBytes += cell.maxBytes;
        sum.maxBlocks += cell.maxBlocks;
        const bool isKept = peak.isPassed && cell.peakEpoch == peak.epoch;
        peakBytes += isKept ? cell.peakBytes : cell.bytes - cell.freedBytes;
        peakBlocks += isKept ? cell.peakBlocks : cell.blocks - cell.freedBlocks;
    }
};

HeapSums sumsOf(const RawSums& raw, const TickClock& clock) {
    HeapSums sums;
    sums.blocks = raw.sum.blocks;
    sums.bytes = raw.sum.bytes;
    sums.liveBlocks = atLeastZero(raw.sum.blocks - raw.sum.freedBlocks);
    sums.liveBytes = atLeastZero(raw.sum.bytes - raw.sum.freedBytes);
    sums.peakBlocks = atLeastZero(raw.peakBlocks);
    sums.peakBytes = atLeastZero(raw.peakBytes);
    sums.maxBlocks = raw.sum.maxBlocks;
    sums.maxBytes = raw.sum.maxBytes;
    sums.temporaryBlocks = raw.sum.temporaryBlocks;
    sums.lifetimeNs = static_cast<double>(raw.sum.lifetimeTicks) * clock.nsPerTick;
    return sums;
}

constexpr std::uint64_t leafBytes(std::uint32_t shift) {
    return (std::uint64_t{1} << (kShadowLeafBits - shift)) * sizeof(ShadowEntry);
}

bool fits(std::uint64_t at, std::uint64_t count, std::uint64_t each, std::uint64_t file) {
    return at <= file && count <= (file - at) / std::max<std::uint64_t>(each, 1);
}

} // namespace

Expected<ProfileReader> ProfileReader::open(FileDescriptor profile) {
    return open(fileBytes(std::move(profile)));
}

Expected<ProfileReader> ProfileReader::open(std::unique_ptr<ByteSource> profile) {
    ProfileReader reader;
    reader.m_file = std::move(profile);
    ProfileHeader header{};
    if (auto error = reader.readAt(&header, sizeof(header), 0)) {
        return *error;
    }
    if (header.magic != kProfileMagic || header.version != kProfileVersion ||
        header.ready.load(std::memory_order_relaxed) != 1) {
        return damaged("is none, or of a version that this program does not read");
    }
    const std::uint64_t bytes = reader.m_file->size();
    if (header.fileBytes > bytes || header.threadBytes < sizeof(ProfileThread) ||
        (header.threadBytes - sizeof(ProfileThread)) / sizeof(std::uint32_t) * kCellsPerChunk <
            header.stackCount ||
        header.threadCount > kLedgerSlotsMax || header.nodeCount > kMostNodes ||
        header.stackCount > kMostStacks || header.moduleCount > kMostModules ||
        header.moduleNameBytes > kMostModuleNameBytes ||
        !fits(header.modulesAt, header.moduleCount, sizeof(ProfileModule), bytes) ||
        !fits(header.moduleNamesAt, header.moduleNameBytes, 1, bytes) ||
        !fits(header.nodesAt, header.nodeCount, sizeof(StackNode), bytes) ||
        !fits(header.stacksAt, header.stackCount, sizeof(ProfileStack), bytes) ||
        !fits(header.threadsAt, header.threadCount, header.threadBytes, bytes) ||
        !fits(header.cellsAt, header.chunkCount, kChunkBytes, bytes) || header.shadowShift < 3 ||
        header.shadowShift > 12 ||
        !fits(header.shadowDirectoryAt, kShadowLeaves, sizeof(std::uint32_t), bytes) ||
        !fits(header.shadowAt, header.leafCount, leafBytes(header.shadowShift), bytes) ||
        !fits(header.samplesAt, kSampleCount, sizeof(SampledBlock), bytes)) {
        return damaged("is shorter than its parts need, or claims to have more than any has");
    }
    return reader;
}

std::optional<Error> ProfileReader::readNodes(HeapProfile& profile,
                                              const ProfileHeader& header) const {
    const std::uint32_t used =
        std::min(header.nodesUsed.load(std::memory_order_relaxed), header.nodeCount);
    std::vector<PlainNode> nodes(used);
    if (auto error = readAt(nodes.data(), nodes.size() * sizeof(PlainNode), header.nodesAt)) {
        return error;
    }
    profile.nodes.resize(used);
    for (std::uint32_t i = 1; i < used; ++i) {
        // A caller's is always older, so there is no way round in circles.
        const std::uint32_t parent = nodes[i].parent < i ? nodes[i].parent : 0;
        const bool isRoot = parent == 0 || nodes[parent].address == 0;
        profile.nodes[i] = {nodes[i].address, isRoot ? 0 : parent};
    }
    return std::nullopt;
}

std::optional<Error> ProfileReader::readModules(HeapProfile& profile,
                                                const ProfileHeader& header) const {
    const std::uint32_t used =
        std::min(header.modulesUsed.load(std::memory_order_relaxed), header.moduleCount);
    std::vector<PlainModule> modules(used);
    std::string names(
        std::min(header.moduleNamesUsed.load(std::memory_order_relaxed), header.moduleNameBytes),
        '\0');
    if (auto error =
            readAt(modules.data(), modules.size() * sizeof(PlainModule), header.modulesAt)) {
        return error;
    }
    if (auto error = readAt(names.data(), names.size(), header.moduleNamesAt)) {
        return error;
    }
    profile.program = names.substr(0, header.programBytes);
    for (const PlainModule& each : modules) {
        const bool isNamed =
            each.nameAt <= names.size() && each.nameBytes <= names.size() - each.nameAt;
        if (each.ready != 1 || each.start >= each.end || !isNamed ||
            each.buildIdBytes > sizeof(each.buildId)) {
            continue;
        }
        HeapModule module{each.start,
                          each.end,
                          each.bias,
                          each.firstNode,
                          names.substr(each.nameAt, each.nameBytes),
                          std::string(each.buildId, each.buildId + each.buildIdBytes)};
        // Two threads may have noted it at once.
        if (profile.modules.empty() || !(profile.modules.back() == module)) {
            profile.modules.push_back(std::move(module));
        }
    }
    return std::nullopt;
}

std::optional<Error> ProfileReader::readStacks(HeapProfile& profile,
                                               const ProfileHeader& header) const {
    const std::uint32_t used =
        std::min(header.stacksUsed.load(std::memory_order_relaxed), header.stackCount);
    const std::uint64_t state = header.peak.load(std::memory_order_relaxed);
    const Peak peak{(state & 1U) != 0, static_cast<std::uint32_t>(state >> 1U)};
    std::vector<RawSums> sums(used);
    std::vector<std::uint32_t> chunks((used + kCellsPerChunk - 1) / kCellsPerChunk);
    std::vector<PlainCell> cells(kCellsPerChunk);
    std::array<std::uint64_t, kLifetimeBuckets> lifetimes{};
    const std::uint32_t threads =
        std::min(header.threadsUsed.load(std::memory_order_relaxed), header.threadCount);
    for (std::uint32_t thread = 0; thread < threads; ++thread) {
        const std::uint64_t at = header.threadsAt + std::uint64_t{thread} * header.threadBytes;
        std::array<std::uint64_t, kLifetimeBuckets> lived{};
        if (auto error = readAt(lived.data(), sizeof(lived), at)) {
            return error;
        }
        std::transform(lived.begin(), lived.end(), lifetimes.begin(), lifetimes.begin(),
                       std::plus<>());
        std::uint64_t facts[2] = {};
        if (auto error = readAt(facts, sizeof(facts), at + offsetof(ProfileThread, unknownFrees))) {
            return error;
        }
        profile.unknownFrees += facts[0];
        profile.lost += facts[1];
        if (auto error = readAt(chunks.data(), chunks.size() * sizeof(std::uint32_t),
                                at + sizeof(ProfileThread))) {
            return error;
        }
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            if (chunks[i] == 0 || chunks[i] >= header.chunkCount) {
                continue;
            }
            if (auto error = readAt(cells.data(), kChunkBytes,
                                    header.cellsAt + std::uint64_t{chunks[i]} * kChunkBytes)) {
                return error;
            }
            for (std::size_t c = 0; c < kCellsPerChunk && i * kCellsPerChunk + c < used; ++c) {
                sums[i * kCellsPerChunk + c].add(cells[c], peak);
            }
        }
    }
    std::vector<PlainStack> stacks(used);
    if (auto error = readAt(stacks.data(), stacks.size() * sizeof(PlainStack), header.stacksAt)) {
        return error;
    }
    const TickClock clock = tickClock(header.startTicks, header.startNs);
    profile.peakNs = clock.timeOf(header.peakTicks.load(std::memory_order_relaxed));
    addLifetimes(profile, lifetimes, clock.nsPerTick);
    for (std::uint32_t i = 1; i < used; ++i) {
        if (sums[i].threads == 0 || stacks[i].node >= profile.nodes.size()) {
            continue;
        }
        HeapStack stack;
        stack.number = i;
        stack.node = stacks[i].node;
        stack.end = stacks[i].end == 0   ? HeapStackEnd::complete
                    : stacks[i].end == 1 ? HeapStackEnd::cut
                                         : HeapStackEnd::lost;
        stack.isMaxExact = sums[i].threads == 1;
        stack.sums = sumsOf(sums[i], clock);
        profile.total += stack.sums;
        profile.stacks.push_back(stack);
    }
    return std::nullopt;
}

Expected<HeapProfile> ProfileReader::read() const {
    ProfileHeader header{};
    if (auto error = readAt(&header, sizeof(header), 0)) {
        return *error;
    }
    HeapProfile profile;
    profile.timeNs = monotonicNs();
    profile.startNs = header.startNs;
    profile.peakBytes = header.peakLiveBytes.load(std::memory_order_relaxed);
    profile.peakErrorBytes = header.peakErrorBytes.load(std::memory_order_relaxed);
    if (header.hasSamples.load(std::memory_order_relaxed) != 0) {
        profile.samplePeriodBytes = header.samplePeriod;
    }
    // Stacks that come meanwhile have nodes that are not read: they are left for the next time.
    if (auto error = readNodes(profile, header)) {
        return *error;
    }
    if (auto error = readModules(profile, header)) {
        return *error;
    }
    if (auto error = readStacks(profile, header)) {
        return *error;
    }
    return profile;
}

bool ProfileReader::hasAllSince(std::int64_t timeNs) const {
    ProfileHeader header{};
    return !readAt(&header, sizeof(header), 0) &&
           header.hasAll.load(std::memory_order_relaxed) != 0 &&
           header.hasGaps.load(std::memory_order_relaxed) == 0 &&
           header.startNs <= timeNs + kStartsTogetherNs;
}

std::optional<Error> ProfileReader::visitWritten(std::uint64_t at, std::uint64_t bytes,
                                                 const Visit& visit) const {
    constexpr std::uint64_t kPiece = 1U << 20U;
    std::string piece;
    const std::uint64_t end = at + bytes;
    while (at < end) {
        const ByteSource::Part written = m_file->nextWritten(at, end);
        if (written.begin >= written.end) {
            return std::nullopt; // nothing behind
        }
        const std::uint64_t stop = written.end;
        for (at = written.begin; at < stop;) {
            piece.resize(std::min(kPiece, stop - at));
            if (auto error = readAt(piece.data(), piece.size(), at)) {
                return error;
            }
            visit(at, piece);
            at += piece.size();
        }
    }
    return std::nullopt;
}

std::optional<Error> ProfileReader::readShadow(Blocks& blocks, const ProfileHeader& header) const {
    const TickClock clock = tickClock(header.startTicks, header.startNs);
    const auto addLeaf = [&](std::uint32_t leaf, std::uint64_t address) {
        const std::uint64_t at = header.shadowAt + (leaf - 1) * leafBytes(header.shadowShift);
        return visitWritten(
            at, leafBytes(header.shadowShift), [&](std::uint64_t offset, std::string_view bytes) {
                // Pages are whole entries.
                for (std::size_t i = 0; i + sizeof(PlainEntry) <= bytes.size();
                     i += sizeof(PlainEntry)) {
                    PlainEntry entry{};
                    std::memcpy(&entry, bytes.data() + i, sizeof(entry));
                    if (entry.stack != 0) {
                        const std::uint64_t index = (offset + i - at) / sizeof(PlainEntry);
                        const std::uint64_t eights = entry.stack >> kShadowStackBits;
                        blocks.push_back({address + (index << header.shadowShift) + eights * 8,
                                          entry.size, entry.stack & kShadowStackMask,
                                          clock.timeOf(entry.ticks)});
                    }
                }
            });
    };
    std::vector<std::pair<std::uint64_t, std::uint32_t>> leaves; // by address
    auto error = visitWritten(header.shadowDirectoryAt, kShadowLeaves * sizeof(std::uint32_t),
                              [&](std::uint64_t offset, std::string_view bytes) {
                                  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
                                      std::uint32_t leaf = 0;
                                      std::memcpy(&leaf, bytes.data() + i, sizeof(leaf));
                                      if (leaf != 0 && leaf <= header.leafCount) {
                                          const std::uint64_t index =
                                              (offset + i - header.shadowDirectoryAt) / 4;
                                          leaves.emplace_back(index << kShadowLeafBits, leaf);
                                      }
                                  }
                              });
    for (std::size_t i = 0; !error && i < leaves.size(); ++i) {
        error = addLeaf(leaves[i].second, leaves[i].first);
    }
    return error;
}

std::optional<Error> ProfileReader::readSamples(Blocks& blocks, const ProfileHeader& header) const {
    const TickClock clock = tickClock(header.startTicks, header.startNs);
    std::vector<PlainSample> samples(kSampleCount);
    if (auto error =
            readAt(samples.data(), samples.size() * sizeof(PlainSample), header.samplesAt)) {
        return error;
    }
    const auto old = static_cast<std::ptrdiff_t>(blocks.size());
    for (const PlainSample& sample : samples) {
        if (sample.address > 1 && sample.stack != 0) { // 1: is being written
            blocks.push_back({sample.address, sample.size, sample.stack & kShadowStackMask,
                              clock.timeOf(sample.ticks)});
        }
    }
    const auto isBelow = [](const LiveBlock& a, const LiveBlock& b) {
        return a.address < b.address;
    };
    std::sort(blocks.begin() + old, blocks.end(), isBelow);
    std::inplace_merge(blocks.begin(), blocks.begin() + old, blocks.end(), isBelow);
    return std::nullopt;
}

Expected<std::vector<LiveBlock>> ProfileReader::readBlocks() const {
    ProfileHeader header{};
    if (auto error = readAt(&header, sizeof(header), 0)) {
        return *error;
    }
    Blocks blocks;
    if (auto error = readShadow(blocks, header)) {
        return *error;
    }
    if (header.hasSamples.load(std::memory_order_relaxed) != 0) {
        if (auto error = readSamples(blocks, header)) {
            return *error;
        }
    }
    return blocks;
}

Expected<ProfileReader::OwnMemory> ProfileReader::ownMemory() const {
    TrackerMemory own{};
    if (auto error = readAt(&own, sizeof(own), offsetof(ProfileHeader, own))) {
        return *error;
    }
    MemoryRanges mapped;
    for (const auto& [begin, end] : own.mapped) {
        mapped.push_back({begin, end});
    }
    constexpr std::int64_t kMost = 1 << 16; // of what is small
    const bool isSane = own.threadBegin >= -(std::int64_t{1} << 24) && own.threadEnd <= 0 &&
                        own.threadBegin <= own.threadEnd &&
                        own.threadEnd - own.threadBegin <= kMost;
    return OwnMemory{joined(std::move(mapped)), isSane ? own.threadBegin : 0,
                     isSane ? own.threadEnd : 0};
}

std::optional<Error> ProfileReader::readAt(void* to, std::size_t bytes,
                                           std::uint64_t offset) const {
    const ByteSource::Amount got = m_file->read(to, bytes, offset);
    if (got.errnoValue != 0) {
        return systemError(ErrorKind::damaged, "cannot read a heap profile", got.errnoValue);
    }
    if (got.bytes < bytes) {
        return damaged("is cut short at byte " + std::to_string(offset + got.bytes));
    }
    return std::nullopt;
}

} // namespace ringscope
