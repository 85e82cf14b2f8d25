// SPDX-License-Identifier: MIT
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "core/ring/foreign_ring.h"
#include "core/ring/ring_description.h"

// A description of a ring as somebody wrote it, and what an observer then does with a file of 4 KiB
// that changes meanwhile and is cut short.

namespace ringscope {
namespace {

class ChangingFile {
public:
    ChangingFile()
        : m_file(::memfd_create("fuzzed", MFD_CLOEXEC)) {}
    // Words that are small, so that some of them can be a head, a tail and a capacity: indexes in
    // the first half, counters in the second.
    void fill(std::uint64_t first) const {
        std::array<std::uint64_t, 512> words{};
        for (std::size_t i = 0; i < words.size(); ++i) {
            words[i] = i < words.size() / 2 ? (first + i * 5) % 8 : first + i % 4;
        }
        words[0] = words[32] = 8;
        words[1] = UINT64_MAX - first;
        if (::pwrite(m_file, words.data(), sizeof(words), 0) != sizeof(words)) {
            std::abort();
        }
    }
    void cut(off_t bytes) const {
        if (::ftruncate(m_file, bytes) != 0) {
            std::abort();
        }
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(m_file); }

private:
    int m_file;
};

void observe(const RingDescription& description) {
    static const ChangingFile file;
    file.cut(0);
    file.fill(0);
    auto ring = ForeignRing::open(file.path(), description);
    if (!ring) {
        return;
    }
    std::uint64_t tailBefore = 0;
    for (std::uint64_t turn = 1; turn < 5; ++turn) {
        file.fill(turn * 3);
        if (const auto cursors = ring->cursors(); cursors && !cursors->empty()) {
            if (cursors->front().tail < tailBefore || cursors->front().capacity == 0) {
                std::abort();
            }
            tailBefore = cursors->front().tail;
        }
        if (const auto changes = ring->refresh(); changes && !changes->empty()) {
            tailBefore = 0;
        }
    }
    file.cut(100);
    (void)ring->presence();
    (void)ring->cursors();
    (void)ring->refresh();
}

} // namespace
} // namespace ringscope

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const auto description = parseRingDescription(
        std::string_view(reinterpret_cast<const char*>(data), size), "fuzzed.toml");
    if (!description) {
        return description.error().message.rfind("fuzzed.toml:", 0) == 0 ? 0 : (std::abort(), 0);
    }
    observe(*description);
    return 0;
}
