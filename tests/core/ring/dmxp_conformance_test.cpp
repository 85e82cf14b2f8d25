// SPDX-License-Identifier: MIT
// DMXP v1 from its specification alone: this file includes none of our layout, so that a mistake
// there cannot excuse itself here.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"
#include "core/ring/ring_observer.h"
#include "core/ring/segment.h"
#include "core/ring/segment_list.h"
#include "tests/core/ring/ring_builders.h"

namespace ringscope {
namespace {

constexpr std::uint64_t kMagic = 0x444D58505F4D454D;
constexpr std::size_t kStride = 1088;

// A client that knows DMXP's memory and nothing of Ringscope.
class DmxpClient {
public:
    explicit DmxpClient(const std::string& name) {
        const FileDescriptor file(::open(shmPath(name).c_str(), O_RDWR | O_CLOEXEC));
        struct stat status {};
        EXPECT_EQ(::fstat(file.get(), &status), 0);
        m_bytes = static_cast<std::size_t>(status.st_size);
        m_base = static_cast<char*>(
            ::mmap(nullptr, m_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
    }
    DmxpClient(const DmxpClient&) = delete;
    DmxpClient& operator=(const DmxpClient&) = delete;
    ~DmxpClient() { ::munmap(m_base, m_bytes); }

    template <typename T>
    T& at(std::size_t offset) {
        return *reinterpret_cast<T*>(m_base + offset);
    }
    std::size_t channelAt(std::size_t index) const { return 128 + 384 * index; }

    bool send(std::size_t channel, std::uint64_t id, const std::string& payload) {
        const std::size_t entry = channelAt(channel);
        std::atomic_ref<std::uint64_t> tail(at<std::uint64_t>(entry + 128));
        const std::uint64_t position = tail.load(std::memory_order_relaxed);
        const std::size_t slot = slotAt(entry, position);
        std::atomic_ref<std::uint64_t> sequence(at<std::uint64_t>(slot));
        if (sequence.load(std::memory_order_acquire) != position) {
            return false;
        }
        tail.store(position + 1, std::memory_order_relaxed); // the only producer here
        at<std::uint64_t>(slot + 8) = id;
        at<std::uint64_t>(slot + 16) = 77;
        at<std::uint32_t>(slot + 24) = static_cast<std::uint32_t>(channel);
        at<std::uint32_t>(slot + 28) = 5;
        at<std::uint32_t>(slot + 32) = 4242;
        at<std::uint16_t>(slot + 36) = 1;
        at<std::uint16_t>(slot + 38) = 0;
        at<std::uint32_t>(slot + 40) = static_cast<std::uint32_t>(payload.size());
        std::memcpy(m_base + slot + 48, payload.data(), payload.size());
        sequence.store(position + 1, std::memory_order_release);
        at<std::uint32_t>(entry + 24) += 1;
        return true;
    }

    bool receive(std::size_t channel, std::uint64_t& id, std::string& payload) {
        const std::size_t entry = channelAt(channel);
        const std::uint64_t position = at<std::uint64_t>(entry + 256);
        const std::size_t slot = slotAt(entry, position);
        std::atomic_ref<std::uint64_t> sequence(at<std::uint64_t>(slot));
        if (sequence.load(std::memory_order_acquire) != position + 1) {
            return false;
        }
        at<std::uint64_t>(entry + 256) = position + 1;
        id = at<std::uint64_t>(slot + 8);
        payload.assign(m_base + slot + 48, at<std::uint32_t>(slot + 40));
        sequence.store(position + at<std::uint64_t>(entry + 8), std::memory_order_release);
        return true;
    }

private:
    std::size_t slotAt(std::size_t entry, std::uint64_t position) {
        return at<std::uint64_t>(entry + 16) +
               kStride * (position & (at<std::uint64_t>(entry + 8) - 1));
    }

    char* m_base = nullptr;
    std::size_t m_bytes = 0;
};

// What DMXP itself leaves behind after creating one channel: padding zero, no extension.
void createAsDmxp(const std::string& name, std::uint64_t capacity) {
    const FileDescriptor file(
        ::open(shmPath(name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    ASSERT_TRUE(file.isOpen());
    ASSERT_EQ(::ftruncate(file.get(), 1 << 20), 0);
    const std::uint64_t band = 98'432;
    poke<std::uint64_t>(name, 0, kMagic);
    poke<std::uint32_t>(name, 8, 1);
    poke<std::uint32_t>(name, 12, 256);
    poke<std::uint32_t>(name, 16, 1);
    poke<std::uint64_t>(name, 128 + 8, capacity);
    poke<std::uint64_t>(name, 128 + 16, band);
    for (std::uint64_t i = 0; i < capacity; ++i) {
        poke<std::uint64_t>(name, band + i * kStride, i);
    }
}

TEST(DmxpConformance, SegmentOfOursHasDmxpsBytes) {
    SegmentSpec spec = specOf(16, 1024);
    spec.channels.push_back(ChannelSpec{64, 1024, 0, "second"});
    const Segment segment = makeSegment(spec);
    DmxpClient client(segment.name());
    EXPECT_EQ(client.at<std::uint64_t>(0), kMagic);
    EXPECT_EQ(client.at<std::uint32_t>(8), 1U);
    EXPECT_EQ(client.at<std::uint32_t>(12), 256U);
    EXPECT_EQ(client.at<std::uint32_t>(16), 2U);
    EXPECT_EQ(client.at<std::uint32_t>(20), 0U);
    for (const std::size_t channel : {0U, 1U}) {
        const std::size_t entry = client.channelAt(channel);
        const std::uint64_t capacity = channel == 0 ? 16 : 64;
        const std::uint64_t band = client.at<std::uint64_t>(entry + 16);
        EXPECT_EQ(client.at<std::uint32_t>(entry), channel);
        EXPECT_EQ(client.at<std::uint64_t>(entry + 8), capacity);
        EXPECT_EQ(band % 128, 0U);
        EXPECT_GE(band, 98'432U + 256U * 128U);
        EXPECT_EQ(client.at<std::uint64_t>(entry + 128), 0U);
        EXPECT_EQ(client.at<std::uint64_t>(entry + 256), 0U);
        for (std::uint64_t slot = 0; slot < capacity; ++slot) {
            EXPECT_EQ(client.at<std::uint64_t>(band + slot * kStride), slot);
        }
    }
    EXPECT_EQ(client.at<std::uint64_t>(client.channelAt(2) + 8), 0U);
    struct stat status {};
    ASSERT_EQ(::stat(shmPath(segment.name()).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(DmxpConformance, DmxpClientProducesForOurConsumer) {
    const Segment segment = makeSegment(4, 1024);
    DmxpClient client(segment.name());
    auto consumer = Consumer::join(segment, 0);
    std::vector<std::byte> buffer(1024);
    for (std::uint64_t id = 0; id < 11; ++id) { // several laps
        ASSERT_TRUE(client.send(0, id, "payload " + std::to_string(id)));
        const auto header = consumer->try_pop(buffer);
        ASSERT_TRUE(header);
        EXPECT_EQ(header->messageId, id);
        EXPECT_EQ(header->timestampNs, 77U);
        EXPECT_EQ(header->messageType, 5U);
        EXPECT_EQ(header->senderPid, 4242U);
        EXPECT_EQ(header->senderRuntime, 1U);
        EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer.data()), header->payloadLength),
                  "payload " + std::to_string(id));
    }
}

TEST(DmxpConformance, DmxpClientConsumesFromOurProducer) {
    const Segment segment = makeSegment(4, 1024);
    DmxpClient client(segment.name());
    auto producer = Producer::join(segment, 0);
    std::uint64_t id = 0;
    std::string payload;
    for (std::uint64_t sent = 0; sent < 11; ++sent) {
        ASSERT_TRUE(producer->try_push({sent, 0, 0, 0}, bytesOf("to dmxp")));
        ASSERT_TRUE(client.receive(0, id, payload));
        EXPECT_EQ(id, sent);
        EXPECT_EQ(payload, "to dmxp");
    }
    EXPECT_FALSE(client.receive(0, id, payload));
}

TEST(DmxpConformance, DmxpClientGetsAnEmptyMessageForATombstone) {
    const Segment segment = makeSegment(4, 1024);
    DmxpClient client(segment.name());
    auto producer = Producer::join(segment, 0);
    { const auto abandoned = producer->try_reserve(); }
    std::uint64_t id = 1;
    std::string payload = "not empty";
    ASSERT_TRUE(client.receive(0, id, payload));
    EXPECT_TRUE(payload.empty());
}

TEST(DmxpConformance, EveryPublishSignalsWhenTheChannelWakesDmxpConsumers) {
    SegmentSpec spec = specOf(8, 1024);
    spec.wakeDmxpConsumers = true;
    const Segment waking = makeSegment(spec);
    const Segment silent = makeSegment(8, 1024);
    for (const Segment* segment : {&waking, &silent}) {
        auto producer = Producer::join(*segment, 0);
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(producer->try_push({}, {}));
        }
    }
    EXPECT_EQ(DmxpClient(waking.name()).at<std::uint32_t>(128 + 24), 3U);
    EXPECT_EQ(DmxpClient(silent.name()).at<std::uint32_t>(128 + 24), 0U);
}

TEST(DmxpConformance, SegmentThatDmxpCreatedCanBeUsedAndObserved) {
    const ShmFile file(segmentName("dmxp"));
    createAsDmxp(file.name(), 8);
    const auto segment = Segment::attach(file.name());
    ASSERT_TRUE(segment) << segment.error().message;
    EXPECT_FALSE(segment->geometry().hasExtension);
    auto producer = Producer::join(*segment, 0);
    ASSERT_TRUE(producer) << producer.error().message;
    ASSERT_TRUE(producer->try_push({9, 0, 0, 0}, bytesOf("hello")));
    DmxpClient client(file.name());
    std::uint64_t id = 0;
    std::string payload;
    ASSERT_TRUE(client.receive(0, id, payload));
    EXPECT_EQ(id, 9U);
    EXPECT_EQ(client.at<std::uint32_t>(128 + 24), 1U); // its blocking consumers must be woken

    auto observer = RingObserver::open(file.name());
    ASSERT_TRUE(observer) << observer.error().message;
    EXPECT_EQ((*observer->cursors())[0].tail, 1U);
    EXPECT_TRUE(observer->participants()->empty());
    EXPECT_EQ((*observer->scan(0, 8, 0))->blocks[0]->states[0], SlotState::free);
}

TEST(DmxpConformance, DmxpRefusesASegmentOfAnotherStride) {
    const Segment segment = makeSegment(8, 64);
    EXPECT_NE(DmxpClient(segment.name()).at<std::uint64_t>(0), kMagic);
}

TEST(DmxpConformance, DmxpsOwnSegmentIsNeverAnOrphan) {
    const ShmFile file(segmentName("dmxp"));
    createAsDmxp(file.name(), 8);
    bool isListed = false;
    for (const SegmentSummary& one : listSegments()) {
        if (one.name == file.name()) {
            isListed = true;
            EXPECT_FALSE(one.isOrphaned);
            EXPECT_EQ(one.keptBecause, "it is DMXP's");
            EXPECT_TRUE(one.isDmxpCompatible);
        }
    }
    EXPECT_TRUE(isListed);
}

} // namespace
} // namespace ringscope
