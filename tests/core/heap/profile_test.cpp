// SPDX-License-Identifier: MIT
// The profile that the tracker writes of profile_target.cpp, whose places to allocate are known.
#include "core/heap/profile_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/heap/profile_layout.h"
#include "tests/core/heap/tracked_target.h"

namespace ringscope {
namespace {

using Tracker = TrackedTarget::Tracker;

// Of each process image, in the order in which they began.
std::vector<HeapProfile> profilesOf(std::vector<std::string> words) {
    words.insert(words.begin(), PROFILE_TARGET);
    TrackedTarget process(words, Tracker::exact);
    EXPECT_EQ(process.end().status, 0);
    std::vector<HeapProfile> profiles;
    for (LedgerReader& ledger : process.ledgers()) {
        if (ledger.profile() == nullptr) {
            ADD_FAILURE() << "no profile";
            continue;
        }
        auto profile = ledger.profile()->read();
        EXPECT_TRUE(profile) << profile.error().message;
        const auto counters = ledger.read();
        EXPECT_EQ(profile->total.blocks, counters->allocations);
        EXPECT_EQ(profile->total.freedBlocks() + profile->unknownFrees, counters->frees);
        EXPECT_EQ(profile->lost, 0U);
        profiles.push_back(std::move(*profile));
    }
    return profiles;
}

HeapProfile profileOf(const std::vector<std::string>& words) {
    auto profiles = profilesOf(words);
    EXPECT_EQ(profiles.size(), 1U);
    return profiles.empty() ? HeapProfile() : profiles.front();
}

std::vector<HeapStack> stacksWith(const HeapProfile& profile, std::uint64_t blocks,
                                  std::uint64_t bytes) {
    std::vector<HeapStack> found;
    std::copy_if(profile.stacks.begin(), profile.stacks.end(), std::back_inserter(found),
                 [&](const HeapStack& stack) {
                     return stack.sums.blocks == blocks && stack.sums.bytes == bytes;
                 });
    return found;
}

// The only one with so many blocks of so many bytes in all.
HeapStack stackWith(const HeapProfile& profile, std::uint64_t blocks, std::uint64_t bytes) {
    const auto found = stacksWith(profile, blocks, bytes);
    EXPECT_EQ(found.size(), 1U) << blocks << " blocks of " << bytes;
    return found.empty() ? HeapStack() : found.front();
}

TEST(HeapProfile, TellsWhatBecameOfTheBlocksOfEachPlace) {
    const HeapProfile profile = profileOf({"sites"});
    const HeapStack some = stackWith(profile, 11, 11 * 101);
    EXPECT_EQ(some.sums.liveBlocks, 4U);
    EXPECT_EQ(some.sums.liveBytes, 404U);
    EXPECT_EQ(some.sums.maxBlocks, 11U);
    EXPECT_EQ(some.sums.maxBytes, 1111U);
    EXPECT_TRUE(some.isMaxExact);
    EXPECT_EQ(some.sums.peakBlocks, 4U);
    EXPECT_EQ(some.sums.temporaryBlocks, 0U);
    EXPECT_EQ(some.end, HeapStackEnd::complete);
    EXPECT_GE(profile.framesOf(some).size(), 3U);

    const HeapStack temporary = stackWith(profile, 9, 9 * 203);
    EXPECT_EQ(temporary.sums.temporaryBlocks, 9U);
    EXPECT_EQ(temporary.sums.liveBlocks, 0U);
    EXPECT_EQ(temporary.sums.maxBlocks, 1U);
    EXPECT_GT(temporary.sums.lifetimeNs, 0);
    EXPECT_LT(temporary.sums.lifetimeNs, 1e9);
}

TEST(HeapProfile, CountsAReallocAsOneMoreBlockOfTheSamePlace) {
    const HeapProfile profile = profileOf({"sites"});
    const HeapStack grows = stackWith(profile, 11, 27'610);
    EXPECT_EQ(grows.sums.liveBlocks, 0U);
    EXPECT_EQ(grows.sums.maxBlocks, 1U);
    EXPECT_EQ(grows.sums.maxBytes, 5010U);
    // One that fails leaves the block what it was.
    const HeapStack failed = stackWith(profile, 1, 333);
    EXPECT_EQ(failed.sums.liveBytes, 333U);
}

TEST(HeapProfile, SeesEveryWayToAllocate) {
    const HeapProfile profile = profileOf({"sites"});
    for (const std::uint64_t bytes :
         {1001U, 1002U, 1024U, 1003U, 1005U, 1006U, 1007U, 1008U, 17U}) {
        const HeapStack stack = stackWith(profile, 1, bytes);
        EXPECT_EQ(stack.sums.liveBlocks, 0U) << bytes;
    }
}

// DHAT says one byte of these.
TEST(HeapProfile, ABlockOfNothingIsABlock) {
    EXPECT_EQ(stackWith(profileOf({"nothing"}), 1, 0).sums.liveBlocks, 0U);
}

TEST(HeapProfile, KnowsWhatWasAliveAtThePeak) {
    const HeapProfile profile = profileOf({"sites"});
    EXPECT_EQ(stacksWith(profile, 1, 40'000).size(), 3U); // one of each call
    for (const HeapStack& each : stacksWith(profile, 1, 40'000)) {
        EXPECT_EQ(each.sums.peakBytes, 40'000U);
    }
    EXPECT_EQ(profile.peakErrorBytes, 0U);
    EXPECT_EQ(profile.total.peakBytes, profile.peakBytes);
    EXPECT_GT(profile.peakBytes, profile.total.liveBytes);
    EXPECT_GE(profile.peakNs, profile.startNs);
    EXPECT_LE(profile.peakNs, profile.timeNs);
}

TEST(HeapProfile, ListsTheBlocksThatAreAlive) {
    TrackedTarget process({PROFILE_TARGET, "sites"}, Tracker::exact);
    ASSERT_EQ(process.end().status, 0);
    ASSERT_EQ(process.ledgers().size(), 1U);
    const ProfileReader& reader = *process.ledgers()[0].profile();
    const HeapProfile profile = reader.read().value();
    const auto blocks = reader.readBlocks();
    ASSERT_TRUE(blocks) << blocks.error().message;
    EXPECT_EQ(blocks->size(), profile.total.liveBlocks);
    EXPECT_TRUE(std::is_sorted(blocks->begin(), blocks->end(),
                               [](const auto& a, const auto& b) { return a.address < b.address; }));
    const std::uint32_t some = stackWith(profile, 11, 1111).number;
    int found = 0;
    std::uint64_t bytes = 0;
    for (const LiveBlock& block : *blocks) {
        bytes += block.bytes;
        EXPECT_GE(block.timeNs, profile.startNs);
        EXPECT_LE(block.timeNs, profile.timeNs);
        if (block.stack == some) {
            ++found;
            EXPECT_EQ(block.bytes, 101U);
        }
    }
    EXPECT_EQ(found, 4);
    EXPECT_EQ(bytes, profile.total.liveBytes);
}

TEST(HeapProfile, KnowsHowLongTheBlocksLived) {
    const HeapProfile profile = profileOf({"sites"});
    std::uint64_t freed = 0;
    std::int64_t before = 0;
    double least = 0;
    double most = 0;
    for (const HeapLifetime& lifetime : profile.lifetimes) {
        EXPECT_GT(lifetime.belowNs, before);
        const auto blocks = static_cast<double>(lifetime.blocks);
        least += blocks * static_cast<double>(before);
        most += blocks * static_cast<double>(lifetime.belowNs);
        freed += lifetime.blocks;
        before = lifetime.belowNs;
    }
    ASSERT_GT(freed, 0U);
    EXPECT_EQ(freed + 10, profile.total.freedBlocks()) << "but the ten that realloc() went on with";
    EXPECT_LE(least, profile.total.lifetimeNs * 1.01);
    EXPECT_GE(most, profile.total.lifetimeNs * 0.99);
    EXPECT_GT(medianLifetimeNs(profile), 0);
}

TEST(HeapProfile, KnowsWhereEachBlockBegins) {
    TrackedTarget process({PROFILE_TARGET, "addresses"}, Tracker::exact);
    const std::string said = process.end().output;
    std::array<std::uint64_t, 4> addresses{};
    ASSERT_EQ(said.size(), sizeof(addresses));
    std::memcpy(addresses.data(), said.data(), said.size());
    const auto blocks = process.ledgers().at(0).profile()->readBlocks().value();
    constexpr std::array<std::uint64_t, 4> kBytes = {24, 40, 100, 500'000};
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const LiveBlock& block) {
            return block.address == addresses.at(i);
        });
        ASSERT_NE(found, blocks.end()) << i;
        EXPECT_EQ(found->bytes, kBytes.at(i));
    }
}

TEST(HeapProfile, TellsCallersApart) {
    const HeapProfile profile = profileOf({"sites"});
    const auto same = stacksWith(profile, 1, 88);
    ASSERT_EQ(same.size(), 2U);
    const auto one = profile.framesOf(same[0]);
    const auto other = profile.framesOf(same[1]);
    ASSERT_EQ(one.size(), other.size());
    EXPECT_EQ(one[0], other[0]); // in inner()
    EXPECT_NE(one[1], other[1]); // in outerA() and outerB()
}

TEST(HeapProfile, FollowsBlocksAcrossThreads) {
    const HeapProfile profile = profileOf({"threads"});
    const HeapStack stack = stackWith(profile, 50, 50 * 77);
    EXPECT_EQ(stack.sums.liveBlocks, 0U);
    EXPECT_EQ(stack.sums.liveBytes, 0U);
    EXPECT_FALSE(stack.isMaxExact);
    EXPECT_GE(stack.sums.maxBytes, 50U * 77);
}

// Stood still for ever where a thread was asked for its stack's bounds.
TEST(HeapProfile, RecordsAThreadThatFirstAllocatesUnderItsOwnLock) {
    const HeapProfile profile = profileOf({"locked"});
    EXPECT_EQ(stackWith(profile, 5, 5 * 71).sums.liveBlocks, 0U);
}

TEST(HeapProfile, AForkBeginsOneOfItsOwn) {
    const auto profiles = profilesOf({"fork"});
    ASSERT_EQ(profiles.size(), 2U);
    EXPECT_EQ(stackWith(profiles[0], 1, 61).sums.liveBlocks, 1U) << "the child freed its own copy";
    EXPECT_EQ(stackWith(profiles[1], 3, 165).sums.liveBlocks, 3U);
    EXPECT_EQ(profiles[1].unknownFrees, 1U);
    EXPECT_TRUE(stacksWith(profiles[0], 3, 165).empty());
}

// Their frames differ in size, and their calls lie at one place: what was learnt of the one must
// not be taken for the other.
TEST(HeapProfile, WalksLibrariesThatTakeEachOthersPlace) {
    const HeapProfile profile = profileOf({"plugins", WALK_PLUGIN_SMALL, WALK_PLUGIN_LARGE});
    std::uint64_t blocks = 0;
    std::set<std::uint64_t> callers; // of the library
    for (const HeapStack& stack : profile.stacks) {
        if (stack.sums.bytes == stack.sums.blocks * 45) {
            blocks += stack.sums.blocks;
            const auto frames = profile.framesOf(stack);
            ASSERT_GE(frames.size(), 5U);
            callers.insert(frames[1]);
        }
    }
    EXPECT_EQ(blocks, 10U);
    EXPECT_EQ(callers.size(), 1U);
}

TEST(HeapProfile, TellsSuchLibrariesApart) {
    const HeapProfile profile = profileOf({"plugins", WALK_PLUGIN_SMALL, WALK_PLUGIN_LARGE});
    std::map<std::string, std::uint64_t> blocks; // by the library that called
    for (const HeapStack& stack : profile.stacks) {
        if (stack.sums.bytes == stack.sums.blocks * 45) {
            const std::uint32_t caller = profile.nodes[stack.node].parent;
            const HeapModule* const module = profile.moduleOf(caller);
            ASSERT_NE(module, nullptr);
            blocks[module->path] += stack.sums.blocks;
        }
    }
    EXPECT_EQ(blocks, (std::map<std::string, std::uint64_t>{{WALK_PLUGIN_SMALL, 5},
                                                            {WALK_PLUGIN_LARGE, 5}}));
}

std::string buildIdOf(const std::string& path) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    Elf* const elf =
        elf_version(EV_CURRENT) != EV_NONE ? elf_begin(file.get(), ELF_C_READ, nullptr) : nullptr;
    const void* bits = nullptr;
    const ssize_t bytes = dwelf_elf_gnu_build_id(elf, &bits);
    std::string id(static_cast<const char*>(bits), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    elf_end(elf);
    return id;
}

TEST(HeapProfile, KnowsTheFilesThatItsCodeIsOf) {
    const HeapProfile profile = profileOf({"sites"});
    const HeapModule* const program = profile.moduleOf(stackWith(profile, 11, 1111).node);
    ASSERT_NE(program, nullptr);
    EXPECT_EQ(program->path, std::filesystem::canonical(PROFILE_TARGET));
    EXPECT_FALSE(program->buildId.empty());
    EXPECT_EQ(program->buildId, buildIdOf(PROFILE_TARGET));
    // The outermost frames are libc's start of main() and the program's own start.
    std::set<std::string> names;
    for (const HeapModule& module : profile.modules) {
        names.insert(std::filesystem::path(module.path).filename());
    }
    EXPECT_EQ(names.count("libc.so.6"), 1U);
    for (std::uint32_t node = 1; node < profile.nodes.size(); ++node) {
        EXPECT_NE(profile.moduleOf(node), nullptr) << profile.nodes[node].address;
    }
}

TEST(HeapProfile, AChildKnowsItsParentsLibraries) {
    const auto profiles = profilesOf({"fork"});
    ASSERT_EQ(profiles.size(), 2U);
    const HeapModule* const program = profiles[1].moduleOf(stackWith(profiles[1], 3, 165).node);
    ASSERT_NE(program, nullptr);
    EXPECT_EQ(program->path, std::filesystem::canonical(PROFILE_TARGET));
    EXPECT_EQ(program->buildId, buildIdOf(PROFILE_TARGET));
}

TEST(HeapProfile, CutsWhatIsTooDeep) {
    const HeapProfile profile = profileOf({"deep"});
    const HeapStack stack = stackWith(profile, 1, 99);
    EXPECT_EQ(stack.end, HeapStackEnd::cut);
    EXPECT_GT(profile.framesOf(stack).size(), 200U);
}

TEST(HeapProfile, KeepsManyStacksApart) {
    const HeapProfile profile = profileOf({"many"});
    EXPECT_EQ(stacksWith(profile, 1, 31).size(), std::size_t{1} << 14U);
}

TEST(ProfileReader, RefusesWhatIsNone) {
    FileDescriptor empty(static_cast<int>(::memfd_create("none", 0)));
    EXPECT_FALSE(ProfileReader::open(std::move(empty)));
    FileDescriptor zeros(static_cast<int>(::memfd_create("zeros", 0)));
    ASSERT_EQ(::ftruncate(zeros.get(), 1U << 20U), 0);
    const auto opened = ProfileReader::open(std::move(zeros));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::damaged);
}

// The file is the target's: what it claims must not make the reader take memory for it.
class ProfileReaderRefuses
    : public testing::TestWithParam<std::pair<std::uint32_t ProfileHeader::*, std::uint32_t>> {};

TEST_P(ProfileReaderRefuses, MoreThanAnyProgramHas) {
    FileDescriptor file(static_cast<int>(::memfd_create("hostile", 0)));
    constexpr std::uint64_t kBytes = std::uint64_t{1} << 40U;
    ASSERT_EQ(::ftruncate(file.get(), kBytes), 0);
    void* const at =
        ::mmap(nullptr, sizeof(ProfileHeader), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    ASSERT_NE(at, MAP_FAILED);
    auto* const header = static_cast<ProfileHeader*>(at);
    header->magic = kProfileMagic;
    header->version = kProfileVersion;
    header->ready.store(1);
    header->fileBytes = kBytes;
    header->threadBytes = std::uint32_t{1} << 30U;
    header->shadowShift = 4;
    header->*GetParam().first = GetParam().second;
    auto opened = ProfileReader::open(FileDescriptor(::dup(file.get())));
    header->*GetParam().first = 1;
    const auto control = ProfileReader::open(std::move(file));
    ::munmap(at, sizeof(ProfileHeader));
    EXPECT_TRUE(control) << control.error().message;
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::damaged);
}

INSTANTIATE_TEST_SUITE_P(Of, ProfileReaderRefuses,
                         testing::Values(std::pair{&ProfileHeader::nodeCount, kMostNodes + 1},
                                         std::pair{&ProfileHeader::stackCount, kMostStacks + 1},
                                         std::pair{&ProfileHeader::moduleCount, kMostModules + 1},
                                         std::pair{&ProfileHeader::moduleNameBytes,
                                                   kMostModuleNameBytes + 1},
                                         std::pair{&ProfileHeader::threadCount, ~std::uint32_t{0}},
                                         std::pair{&ProfileHeader::chunkCount, ~std::uint32_t{0}}));

} // namespace
} // namespace ringscope
