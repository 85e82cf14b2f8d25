// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/expected.h"
#include "core/heap/attach_layout.h"
#include "core/heap/process_image_linux.h"
#include "core/heap/traced_thread_linux.h"

namespace ringscope {

// Functions of the process's libc.
struct LoaderFunctions {
    std::uint64_t open = 0;  // dlopen
    std::uint64_t find = 0;  // dlsym
    std::uint64_t error = 0; // dlerror
};

struct InjectedCall {
    LoaderFunctions loader;
    std::uint64_t codeAt = 0; // kInjectedCodeBytes that nothing uses
    std::string library;      // path, for dlopen
    std::string entry;        // its function: std::int32_t (AttachRequest*)
    AttachRequest request{};
};
constexpr std::size_t kInjectedCodeBytes = 128;
// How much stack the call may take: the loader reads files into its own.
constexpr std::uint64_t kInjectedStackBytes = 64 * 1024;

struct InjectedAnswer {
    AttachResult result = AttachResult::done;
    AttachRequest request{};
};

// Makes the stopped thread load the library and call its entry, and then go on where it was. What
// it runs are a few instructions that end in rt_sigreturn with a frame of all its registers, as the
// kernel makes one for a signal: so it finds back also when we are killed meanwhile; then only a
// wait that was to be gone on with (poll, nanosleep) begins anew. Errors (target): the loader's own
// words, or the call did not come back.
[[nodiscard]] Expected<InjectedAnswer> callInThread(TracedThread& thread, const ProcessImage& image,
                                                    const InjectedCall& call);

} // namespace ringscope
