// SPDX-License-Identifier: MIT
#pragma once

#include "core/base/file_descriptor.h"
#include "core/heap/annotation_layout.h"
#include "core/heap/ledger_layout.h"

#include <cstring>
#include <memory>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace ringscope {

// A ledger in memory that a test fills as it likes, and its copy in a memfd.
class HandMadeLedger {
public:
    enum class Annotations { none, some };

    explicit HandMadeLedger(std::uint32_t slotCount = 4,
                            Annotations annotations = Annotations::none)
        : m_bytes(annotations == Annotations::some
                      ? annotationsOffset(slotCount) + sizeof(LedgerAnnotations)
                      : kLedgerHeaderBytes + slotCount * sizeof(ThreadSlot))
        // ThreadSlot is aligned to 128; value-initialised storage of whole slots keeps that.
        , m_storage(std::make_unique<ThreadSlot[]>(m_bytes / sizeof(ThreadSlot) + 4)) {
        LedgerHeader& head = header();
        head.magic = kLedgerMagic;
        head.version = kLedgerVersion;
        head.ready.store(1, std::memory_order_relaxed);
        head.mode = LedgerMode::counters;
        head.origin = LedgerOrigin::started;
        head.pid = ::getpid();
        head.slotCount = slotCount;
        head.slotsUsed.store(slotCount, std::memory_order_relaxed);
        head.ledgerBytes = m_bytes;
        head.annotationsOffset =
            annotations == Annotations::some ? annotationsOffset(slotCount) : 0;
    }

    [[nodiscard]] LedgerHeader& header() {
        return *reinterpret_cast<LedgerHeader*>(m_storage.get());
    }
    [[nodiscard]] ThreadSlot& slot(std::size_t index) {
        return *reinterpret_cast<ThreadSlot*>(reinterpret_cast<char*>(m_storage.get()) +
                                              kLedgerHeaderBytes + index * sizeof(ThreadSlot));
    }
    [[nodiscard]] LedgerAnnotations& annotations() {
        return *reinterpret_cast<LedgerAnnotations*>(reinterpret_cast<char*>(m_storage.get()) +
                                                     header().annotationsOffset);
    }
    // Slot taken by a running thread.
    ThreadSlot& run(std::size_t index, std::int32_t tid, std::string_view name) {
        ThreadSlot& taken = slot(index);
        taken.state.store(static_cast<std::uint32_t>(ThreadSlotState::running),
                          std::memory_order_relaxed);
        taken.tid.store(tid, std::memory_order_relaxed);
        std::uint64_t words[2] = {};
        std::memcpy(words, name.data(), name.size());
        taken.name[0].store(words[0], std::memory_order_relaxed);
        taken.name[1].store(words[1], std::memory_order_relaxed);
        return taken;
    }
    static void allocate(ThreadSlot& by, std::uint64_t bytes) {
        by.allocatedBytes.fetch_add(bytes, std::memory_order_relaxed);
        by.classes[sizeClassOf(bytes)].allocations.fetch_add(1, std::memory_order_relaxed);
    }
    static void release(ThreadSlot& by, std::uint64_t bytes) {
        by.freedBytes.fetch_add(bytes, std::memory_order_relaxed);
        by.classes[sizeClassOf(bytes)].frees.fetch_add(1, std::memory_order_relaxed);
    }

    [[nodiscard]] std::size_t bytes() const { return m_bytes; }
    [[nodiscard]] FileDescriptor file() { return file(m_bytes); }
    // The first `bytes` of it.
    [[nodiscard]] FileDescriptor file(std::size_t bytes) {
        FileDescriptor made(::memfd_create("hand-made-ledger", MFD_CLOEXEC));
        if (::pwrite(made.get(), m_storage.get(), bytes, 0) != static_cast<ssize_t>(bytes)) {
            made.reset();
        }
        return made;
    }

private:
    std::size_t m_bytes;
    std::unique_ptr<ThreadSlot[]> m_storage;
};

} // namespace ringscope
