// SPDX-License-Identifier: MIT
// Names of code whose source is known: profile_target.cpp's, as it is and as users have it
// installed: stripped, with its debug information apart, replaced, gone.
#include "core/heap/symbolizer.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/heap/module_symbols.h"
#include "tests/core/heap/tracked_target.h"
#include "tests/support/run_program.h"

namespace ringscope {
namespace {

namespace fs = std::filesystem;

HeapProfile profileOf(const std::string& program, const std::string& what = "inline") {
    TrackedTarget process({program, what}, TrackedTarget::Tracker::exact);
    EXPECT_EQ(process.end().status, 0);
    if (process.ledgers().empty() || process.ledgers().front().profile() == nullptr) {
        ADD_FAILURE() << "no profile of " << program;
        return {};
    }
    return process.ledgers().front().profile()->read().value();
}

struct Named {
    std::string function;
    std::string file;
    std::uint32_t line = 0;
};

// Of the only stack with one block of so many bytes, innermost first.
std::vector<Named> namesOf(const HeapProfile& profile, const HeapSymbols& symbols,
                           std::uint64_t bytes) {
    std::vector<Named> names;
    for (const HeapStack& stack : profile.stacks) {
        if (stack.sums.blocks != 1 || stack.sums.bytes != bytes) {
            continue;
        }
        EXPECT_TRUE(names.empty()) << "another one of " << bytes;
        for (std::uint32_t node = stack.node; node != 0; node = profile.nodes[node].parent) {
            const std::uint32_t location = symbols.locationOfNode[node];
            const CodeLocation& code = symbols.locations[location];
            for (std::uint32_t i = 0; i < std::max(code.frameCount, 1U); ++i) {
                Named name{symbols.functionName(profile, location, i), {}, 0};
                if (i < code.frameCount) {
                    const SourceFrame& frame = symbols.frames[code.firstFrame + i];
                    name.file = symbols.texts[frame.file];
                    name.line = frame.line;
                }
                names.push_back(name);
            }
        }
    }
    EXPECT_FALSE(names.empty()) << "none of " << bytes;
    names.resize(std::max<std::size_t>(names.size(), 3));
    return names;
}

std::uint32_t lineWith(const std::string& text) {
    std::ifstream file(PROFILE_TARGET_SOURCE);
    std::string line;
    for (std::uint32_t number = 1; std::getline(file, line); ++number) {
        if (line.find(text) != std::string::npos) {
            return number;
        }
    }
    ADD_FAILURE() << "no line with " << text;
    return 0;
}

SymbolSource sourceOf(const HeapProfile& profile, const HeapSymbols& symbols,
                      const std::string& path) {
    for (std::size_t i = 0; i < profile.modules.size(); ++i) {
        if (profile.modules[i].path == path) {
            return symbols.sources[i];
        }
    }
    ADD_FAILURE() << "no module " << path;
    return SymbolSource::none;
}

void expectNamedWithLines(const std::vector<Named>& names) {
    EXPECT_EQ(names[0].function, "(anonymous namespace)::allocatesInline");
    EXPECT_EQ(names[0].line, lineWith("// allocatesInline's line"));
    EXPECT_EQ(names[1].function, "(anonymous namespace)::callsInline(int)");
    EXPECT_EQ(names[1].line, lineWith("// callsInline's line"));
    EXPECT_EQ(names[2].function, "main");
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(fs::path(names[i].file).filename(), "profile_target.cpp");
    }
}

TEST(Symbolizer, NameFunctionsFilesAndLinesAlsoOfWhatWasInlined) {
    const HeapProfile profile = profileOf(PROFILE_TARGET);
    std::vector<double> shares;
    SymbolOptions options;
    options.progress = [&](double share) {
        shares.push_back(share);
        return true;
    };
    const HeapSymbols symbols = Symbolizer().namesOf(profile, options);
    expectNamedWithLines(namesOf(profile, symbols, 4321));
    EXPECT_EQ(sourceOf(profile, symbols, fs::canonical(PROFILE_TARGET)), SymbolSource::debugInfo);
    ASSERT_FALSE(shares.empty());
    EXPECT_TRUE(std::is_sorted(shares.begin(), shares.end()));
    EXPECT_EQ(shares.back(), 1.0);
}

// glibc calls itself by other names, which are its linkage names.
TEST(Symbolizer, CallsFunctionsOfCByTheirNamesInTheSource) {
    const HeapProfile profile = profileOf(PROFILE_TARGET, "sites");
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    for (const std::string& text : symbols.texts) {
        EXPECT_NE(text.rfind("__GI_", 0), 0U) << text;
    }
}

TEST(Symbolizer, StopWhenTheyAreNotWantedAnyMore) {
    const HeapProfile profile = profileOf(PROFILE_TARGET);
    SymbolOptions options;
    int calls = 0;
    options.progress = [&](double) { return ++calls < 1; };
    (void)Symbolizer().namesOf(profile, options);
    EXPECT_EQ(calls, 1);
}

// A copy of the target that may be spoilt.
class CopiedTarget : public testing::Test {
protected:
    void SetUp() override { fs::copy_file(PROFILE_TARGET, path); }
    void change(std::vector<std::string> command) {
        const ProgramResult result = runProgram(command);
        ASSERT_EQ(result.status, 0) << command.front() << ": " << result.err;
    }

    const ScratchDirectory scratch;
    const std::string path = scratch.path("copy");
};

TEST_F(CopiedTarget, StrippedCodeIsNamedByModuleAndOffset) {
    change({"strip", path});
    const HeapProfile profile = profileOf(path);
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    const auto names = namesOf(profile, symbols, 4321);
    EXPECT_EQ(names[0].function.rfind("copy+0x", 0), 0U) << names[0].function;
    EXPECT_EQ(names[1].function.rfind("copy+0x", 0), 0U) << names[1].function;
    EXPECT_EQ(sourceOf(profile, symbols, path), SymbolSource::none);
}

TEST_F(CopiedTarget, WithoutDebugInformationFunctionsHaveNames) {
    change({"strip", "--strip-debug", path});
    const HeapProfile profile = profileOf(path);
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    const auto names = namesOf(profile, symbols, 4321);
    EXPECT_EQ(names[0].function, "(anonymous namespace)::callsInline(int)");
    EXPECT_EQ(names[0].line, 0U);
    EXPECT_EQ(sourceOf(profile, symbols, path), SymbolSource::symbols);
}

TEST_F(CopiedTarget, DebugInformationIsFoundInAFileOfItsOwn) {
    const std::string debug = scratch.path("copy.debug");
    change({"objcopy", "--only-keep-debug", path, debug});
    change({"strip", path});
    change({"objcopy", "--add-gnu-debuglink=" + debug, path});
    const HeapProfile profile = profileOf(path);
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    expectNamedWithLines(namesOf(profile, symbols, 4321));
    EXPECT_EQ(sourceOf(profile, symbols, path), SymbolSource::debugInfo);
}

TEST_F(CopiedTarget, NothingIsTakenFromAnotherBuildOfTheSameName) {
    const HeapProfile profile = profileOf(path);
    fs::remove(path);
    fs::copy_file(HEAP_TARGET, path);
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    EXPECT_EQ(namesOf(profile, symbols, 4321)[0].function.rfind("copy+0x", 0), 0U);
    EXPECT_EQ(sourceOf(profile, symbols, path), SymbolSource::otherBuild);
}

TEST_F(CopiedTarget, AFileThatIsGoneHasNoNames) {
    const HeapProfile profile = profileOf(path);
    fs::remove(path);
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    EXPECT_EQ(namesOf(profile, symbols, 4321)[0].function.rfind("copy+0x", 0), 0U);
    EXPECT_EQ(sourceOf(profile, symbols, path), SymbolSource::missing);
}

TEST_F(CopiedTarget, FilesAreReadBelowTheProcesssRoot) {
    HeapProfile profile = profileOf(path);
    for (HeapModule& module : profile.modules) {
        if (module.path == path) {
            module.path = "/copy";
        }
    }
    const HeapSymbols symbols = Symbolizer().namesOf(profile, {scratch.path(), {}});
    expectNamedWithLines(namesOf(profile, symbols, 4321));
}

TEST_F(CopiedTarget, ADamagedFileHasNoNames) {
    const HeapProfile profile = profileOf(path);
    for (const std::uintmax_t bytes : {0U, 10U, 100U, 5000U, 60'000U}) {
        fs::resize_file(path, bytes);
        const HeapSymbols symbols = Symbolizer().namesOf(profile);
        EXPECT_EQ(namesOf(profile, symbols, 4321)[0].function.rfind("copy+0x", 0), 0U) << bytes;
        fs::remove(path);
        fs::copy_file(PROFILE_TARGET, path);
    }
}

TEST(Symbolizer, SayOfCodeOutsideOfFilesWhereItIs) {
    HeapProfile profile;
    profile.nodes = {{0, 0}, {0x7f1234, 0}};
    const HeapSymbols symbols = Symbolizer().namesOf(profile);
    EXPECT_EQ(symbols.functionName(profile, symbols.locationOfNode[1], 0),
              "[code made at run time] 0x7f1234");
}

TEST(Demangled, KnowsTheLanguagesThatUsersHave) {
    EXPECT_EQ(demangled("_ZNSt6vectorIiSaIiEE9push_backERKi"),
              "std::vector<int, std::allocator<int> >::push_back(int const&)");
    EXPECT_EQ(demangled("_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$"
                        "17h0123456789abcdefE"),
              "core::ptr::drop_in_place<alloc::string::String>");
    EXPECT_EQ(demangled("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar");
    EXPECT_EQ(demangled("malloc"), "malloc");
    EXPECT_EQ(demangled(""), "");
    EXPECT_EQ(demangled("_Zgarbage"), "_Zgarbage");
}

} // namespace
} // namespace ringscope
