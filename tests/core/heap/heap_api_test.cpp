// SPDX-License-Identifier: MIT
// That ringscope/heap.h alone is enough, however a program is built: compiled here, run without the
// tracker and with it.
#include "tests/core/heap/tracked_target.h"
#include "tests/support/run_program.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/wait.h>

namespace ringscope {
namespace {

struct Build {
    const char* name;
    std::vector<std::string> options;
    bool isStatic = false;
};

// In C and in C++; waits for a byte before it does anything and behind it, as heap_target does.
constexpr char kProgram[] = R"(
#include <ringscope/heap.h>
#include <unistd.h>
#ifdef IS_LIBRARY
void uses(void)
#else
int main(void)
#endif
{
    struct ringscope_heap_scope scope;
    static char nothing[40];
    char go;
    if (write(1, nothing, sizeof(nothing)) != (ssize_t)sizeof(nothing) || read(0, &go, 1) != 1) {
        _exit(98);
    }
    ringscope_heap_region_begin(&scope, "here");
    ringscope_heap_region_end(&scope);
    ringscope_heap_marker("there");
    if (write(1, nothing, sizeof(nothing)) != (ssize_t)sizeof(nothing)) {
        _exit(98);
    }
    read(0, &go, 1);
#ifndef IS_LIBRARY
    return 0;
#endif
}
)";

std::vector<std::string> compiling(const std::vector<std::string>& options) {
    std::vector<std::string> command{API_COMPILER, "-I" HEAP_API, "-Wall",   "-Wextra",
                                     "-Wpedantic", "-Wshadow",    "-Werror", "-Wno-unused-result"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

void expectSeen(const std::vector<std::string>& command, bool isTracked) {
    for (const auto tracker : {TrackedTarget::Tracker::off, TrackedTarget::Tracker::on}) {
        TrackedTarget process(command, tracker);
        ASSERT_TRUE(process.atCheckpoint());
        process.goOn();
        ASSERT_TRUE(process.atCheckpoint());
        if (tracker == TrackedTarget::Tracker::on && isTracked) {
            ASSERT_EQ(process.ledgers().size(), 1U);
            const auto read = process.ledgers()[0].readAnnotations();
            ASSERT_TRUE(read);
            ASSERT_EQ(read->regions.size(), 1U) << "the program did not find the tracker";
            EXPECT_EQ(read->regions[0].name, "here");
            EXPECT_EQ(process.ledgers()[0].newMarkers().size(), 1U);
        } else {
            EXPECT_TRUE(process.ledgers().empty());
        }
        EXPECT_EQ(process.end().status, 0);
    }
}

class HeapApi : public testing::TestWithParam<Build> {
protected:
    void write(const std::string& file) { std::ofstream(scratch.path(file)) << kProgram; }
    const ScratchDirectory scratch;
};

TEST_P(HeapApi, IsOneHeaderInAProgram) {
    write("program.c");
    std::vector<std::string> options = GetParam().options;
    options.insert(options.end(), {scratch.path("program.c"), "-o", scratch.path("program")});
    const ProgramResult built = runProgram(compiling(options));
    ASSERT_EQ(built.status, 0) << built.err;
    expectSeen({scratch.path("program")}, !GetParam().isStatic);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HeapApi,
    testing::Values(Build{"C11", {"-x", "c", "-std=c11", "-D_POSIX_C_SOURCE=200809L"}},
                    Build{"C11Optimised",
                          {"-x", "c", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2"}},
                    Build{"Cpp11", {"-x", "c++", "-std=c++11", "-O2"}},
                    Build{"Cpp20", {"-x", "c++", "-std=c++20"}},
                    Build{"WithoutExceptions",
                          {"-x", "c++", "-std=c++11", "-fno-exceptions", "-fno-rtti", "-O2"}},
                    Build{"AtAFixedAddress", {"-x", "c++", "-fno-pie", "-no-pie", "-O2"}},
                    Build{"BoundAtOnce", {"-x", "c++", "-Wl,-z,now", "-O2"}},
                    Build{"Static", {"-x", "c", "-static", "-fno-pie"}, true},
                    Build{"StaticPie", {"-x", "c++", "-static-pie", "-fPIE"}, true}),
    [](const auto& build) { return std::string(build.param.name); });

class HeapApiLibrary : public testing::Test {
protected:
    const ScratchDirectory scratch;
};

TEST_F(HeapApiLibrary, WorksInALibraryWithoutUndefinedSymbols) {
    std::ofstream(scratch.path("library.c")) << kProgram;
    std::ofstream(scratch.path("main.c")) << "void uses(void);\nint main(void) { uses(); }\n";
    const std::string library = scratch.path("libuses.so");
    const ProgramResult built =
        runProgram(compiling({"-x", "c", "-DIS_LIBRARY", "-shared", "-fPIC", "-Wl,--no-undefined",
                              scratch.path("library.c"), "-o", library}));
    ASSERT_EQ(built.status, 0) << built.err;
    const ProgramResult linked = runProgram({API_COMPILER, "-x", "c", scratch.path("main.c"), "-x",
                                             "none", library, "-o", scratch.path("program")});
    ASSERT_EQ(linked.status, 0) << linked.err;
    expectSeen({scratch.path("program")}, true);
}

} // namespace
} // namespace ringscope
