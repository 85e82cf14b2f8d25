// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <span>
#include <string>
#include <unistd.h>

#include "core/base/file_descriptor.h"
#include "core/ring/layout_check.h"
#include "core/ring/repair.h"
#include "core/ring/repair_text.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment.h"
#include "core/session/session.h"
#include "core/session/sources/ring_cursor_source.h"
#include "core/session/sources/ring_slot_source.h"
#include "core/session/sources/stuck_slot_source.h"
#include "tests/fuzz/segment_mutator.h"
#include "tests/fuzz/sparse_image.h"

// What whoever looks at a ring does with one that somebody hostile wrote, and goes on writing:
// open, look, repair in a dry run.

namespace ringscope {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The file under /dev/shm. A child takes the name away when this process ends, however it ends: the
// fuzzer ends itself in a signal handler when it has found something.
class FuzzedFile {
public:
    FuzzedFile()
        : m_name("ringscope-fuzz-" + std::to_string(::getpid()))
        , m_file(::open(path().c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
        int ends[2] = {-1, -1};
        if (!m_file.isOpen() || ::pipe2(ends, O_CLOEXEC) != 0) {
            std::abort();
        }
        if (::fork() == 0) {
            ::close(ends[1]);
            ::setsid(); // an interrupt is the fuzzer's
            char none = 0;
            while (::read(ends[0], &none, 1) != 0) {
            }
            ::unlink(path().c_str());
            ::_exit(0);
        }
        ::close(ends[0]); // the other one stays open for as long as this process lives
    }
    [[nodiscard]] std::string path() const { return "/dev/shm/" + m_name; }
    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] int get() const { return m_file.get(); }

private:
    std::string m_name;
    FileDescriptor m_file;
};

FuzzedFile& file() {
    static FuzzedFile one;
    return one;
}

void lookOnce(RingObserver& ring, std::int64_t nowNs) {
    (void)ring.presence();
    (void)ring.participants();
    const auto cursors = ring.cursors();
    if (!cursors) {
        return;
    }
    const std::vector<ChannelCursors> channels(cursors->begin(), cursors->end());
    for (std::size_t i = 0; i < channels.size() && i < 4; ++i) {
        (void)ring.scan(channels[i].channel, kSlotsPerBlock, nowNs, channels[i].tail);
        (void)ring.slotDetail(channels[i].channel, channels[i].capacity - 1, nowNs);
    }
    (void)checkLayout(ring, 16);
}

void observe(const SparseImage& image) {
    auto opened = RingObserver::open(file().name());
    auto another = RingObserver::open(file().name());
    if (!opened || !another) {
        return;
    }
    const auto ring = std::make_shared<RingObserver>(std::move(*opened));
    const auto watch = std::make_shared<SlotWatch>();
    Session session{Provenance{}};
    RingCursorSource cursors(ring, kSecond, session);
    RingSlotSource slotStates(ring, watch);
    StuckSlotSource stuck(std::make_shared<RingObserver>(std::move(*another)));
    const auto sampleAll = [&](std::int64_t nowNs) {
        cursors.sample(nowNs, session);
        slotStates.sample(nowNs, session);
        stuck.sample(nowNs, session);
    };
    lookOnce(*ring, kSecond);
    sampleAll(kSecond);
    image.writeTo(file().get(), true);
    (void)ring->refresh();
    watch->detailOf = 1;
    sampleAll(3 * kSecond);
    lookOnce(*ring, 4 * kSecond);
    (void)session.makeView(4 * kSecond, true);
}

void attach() {
    auto segment = Segment::attach(file().name(), std::chrono::milliseconds(0));
    if (!segment) {
        return;
    }
    RepairOptions options;
    options.isDryRun = true;
    if (const auto report = repairRing(*segment, options)) {
        (void)describe(*report, true);
        (void)repairTotals(*report, true);
    }
}

} // namespace
} // namespace ringscope

extern "C" {

int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
    (void)ringscope::file();
    return 0;
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ringscope::SparseImage image = ringscope::decodeImage(std::span(data, size));
    image.writeTo(ringscope::file().get(), false);
    ringscope::attach();
    ringscope::observe(image);
    return 0;
}

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t maxSize);

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t maxSize,
                                    unsigned seed) {
    std::mt19937 random(seed);
    if (random() % 4 == 0) {
        return LLVMFuzzerMutate(data, size, maxSize);
    }
    ringscope::SparseImage image = ringscope::decodeImage(std::span(data, size));
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
        ringscope::mutateSegment(image, random);
    }
    const std::vector<std::uint8_t> bytes = ringscope::encodeImage(image);
    if (bytes.size() > maxSize) {
        return LLVMFuzzerMutate(data, size, maxSize);
    }
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
}
}
