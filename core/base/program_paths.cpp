// SPDX-License-Identifier: MIT
#include "core/base/program_paths.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace ringscope {

namespace {

namespace fs = std::filesystem;

Expected<fs::path> firstExisting(const char* variable, const std::vector<fs::path>& candidates) {
    std::vector<fs::path> tried;
    // getenv is safe here: nothing in Ringscope changes the environment while threads run.
    if (const char* named = std::getenv(variable);
        named != nullptr && *named != '\0') { // NOLINT(concurrency-mt-unsafe)
        tried.emplace_back(named);
    } else {
        tried = candidates;
    }
    std::string places;
    for (const fs::path& path : tried) {
        std::error_code error;
        if (fs::exists(path, error)) {
            return fs::canonical(path, error);
        }
        places += (places.empty() ? "" : ", ") + path.string();
    }
    return makeError(ErrorKind::failed, "a part of Ringscope is missing, looked for it at " +
                                            places + "; build it with ./dev build or set " +
                                            variable);
}

} // namespace

fs::path ownProgram() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error);
}

Expected<fs::path> workerProgram() {
    return firstExisting("RINGSCOPE_WORKER", {ownProgram().parent_path() / "ringscope-worker"});
}

Expected<fs::path> heapTrackerLibrary() {
    const fs::path prefix = ownProgram().parent_path().parent_path();
    return firstExisting(
        "RINGSCOPE_HEAP_LIBRARY",
        {prefix / "lib" / "libringscope-heap.so",
         prefix / "lib" / "x86_64-linux-gnu" / "ringscope" / "libringscope-heap.so",
         prefix / "lib" / "ringscope" / "libringscope-heap.so"});
}

} // namespace ringscope
