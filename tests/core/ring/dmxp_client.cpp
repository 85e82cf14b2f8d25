// SPDX-License-Identifier: MIT
#include "tests/core/ring/dmxp_client.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace dmxp {

namespace {

constexpr std::uint64_t kMagic = 0x444D58505F4D454D;
constexpr std::uint32_t kMaxChannels = 256;
constexpr std::uint64_t kEntries = 128;
constexpr std::uint64_t kEntryBytes = 384;
constexpr std::uint64_t kHeaderBytes = kEntries + kMaxChannels * kEntryBytes;
constexpr std::uint64_t kStride = 1088;
constexpr std::uint64_t kInline = 1024;

// Within a channel entry.
constexpr std::uint64_t kId = 0;
constexpr std::uint64_t kFlags = 4;
constexpr std::uint64_t kCapacity = 8;
constexpr std::uint64_t kBand = 16;
constexpr std::uint64_t kSignal = 24;
constexpr std::uint64_t kTail = 128;
constexpr std::uint64_t kHead = 256;

// Within a slot.
constexpr std::uint64_t kMeta = 8;
constexpr std::uint64_t kPayload = 48;
struct Meta {
    std::uint64_t id;
    std::uint64_t timestampNs;
    std::uint32_t channel;
    std::uint32_t type;
    std::uint32_t pid;
    std::uint16_t runtime;
    std::uint16_t flags;
    std::uint32_t length;
    std::uint32_t padding;
};
static_assert(sizeof(Meta) == kPayload - kMeta);

std::uint64_t entryOf(std::uint32_t channel) {
    return kEntries + channel * kEntryBytes;
}

std::uint64_t roundUp(std::uint64_t value) {
    return (value + 127) / 128 * 128;
}

std::uint64_t wallNs() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(now.tv_nsec);
}

void* mapFile(int file, std::uint64_t bytes) {
    void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (base == MAP_FAILED) {
        throw std::runtime_error("cannot be mapped");
    }
    return base;
}

} // namespace

Client Client::create(const std::string& name, std::uint64_t bytes) {
    const int file =
        ::open(("/dev/shm/" + name).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes)) != 0) {
        throw std::runtime_error("cannot be created");
    }
    Client client(mapFile(file, bytes), bytes);
    client.at<std::uint64_t>(0) = kMagic;
    client.at<std::uint32_t>(8) = 1;
    client.at<std::uint32_t>(12) = kMaxChannels;
    client.at<std::uint32_t>(16) = 0;
    client.at<std::uint32_t>(20) = 0;
    return client;
}

Client Client::attach(const std::string& name, std::uint64_t expectedBytes) {
    const int file = ::open(("/dev/shm/" + name).c_str(), O_RDWR | O_CLOEXEC);
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) {
        throw std::runtime_error("cannot be opened");
    }
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes < expectedBytes || bytes < kHeaderBytes) {
        ::close(file);
        throw std::runtime_error("too small");
    }
    Client client(mapFile(file, bytes), bytes);
    if (client.at<std::uint64_t>(0) != kMagic) {
        throw std::runtime_error("wrong magic");
    }
    return client;
}

Client::Client(Client&& other) noexcept
    : m_base(std::exchange(other.m_base, nullptr))
    , m_bytes(other.m_bytes)
    , m_habits(other.m_habits) {}

Client::~Client() {
    if (m_base != nullptr) {
        ::munmap(m_base, m_bytes);
    }
}

std::uint32_t Client::createChannel(std::uint64_t capacity) {
    const std::uint32_t channel = publishCapacity(capacity);
    resetCursors(channel);
    initialiseSlots(channel, capacity);
    countChannel();
    return channel;
}

std::uint32_t Client::publishCapacity(std::uint64_t capacity) {
    std::uint32_t channel = 0;
    for (std::uint32_t i = 0; i < kMaxChannels; ++i) {
        channel = at<std::uint64_t>(entryOf(i) + kCapacity) != 0 ? i + 1 : channel;
    }
    if (channel == kMaxChannels) {
        throw std::runtime_error("no channel is left");
    }
    // The end of those that are counted, not of those that are in use.
    std::uint64_t band = kHeaderBytes;
    for (std::uint32_t i = 0; i < channelCount(); ++i) {
        band = std::max(band, at<std::uint64_t>(entryOf(i) + kBand) +
                                  at<std::uint64_t>(entryOf(i) + kCapacity) * kStride);
    }
    band = roundUp(band);
    if (band + roundUp(capacity * kStride) > m_bytes) {
        throw std::runtime_error("no room for the channel");
    }
    at<std::uint32_t>(entryOf(channel) + kId) = channel;
    at<std::uint32_t>(entryOf(channel) + kFlags) = 0;
    at<std::uint64_t>(entryOf(channel) + kBand) = band;
    std::atomic_ref(at<std::uint64_t>(entryOf(channel) + kCapacity))
        .store(capacity, std::memory_order_release);
    return channel;
}

void Client::resetCursors(std::uint32_t channel) {
    at<std::uint64_t>(entryOf(channel) + kTail) = 0;
    at<std::uint64_t>(entryOf(channel) + kHead) = 0;
}

void Client::initialiseSlots(std::uint32_t channel, std::uint64_t count) {
    for (std::uint64_t slot = 0; slot < count; ++slot) {
        std::atomic_ref(at<std::uint64_t>(slotOf(channel, slot)))
            .store(slot, std::memory_order_relaxed);
    }
}

void Client::countChannel() {
    ++at<std::uint32_t>(16);
}

void Client::removeChannel(std::uint32_t channel) {
    at<std::uint64_t>(entryOf(channel) + kCapacity) = 0;
}

std::uint64_t Client::slotOf(std::uint32_t channel, std::uint64_t position) const {
    const std::uint64_t mask = at<std::uint64_t>(entryOf(channel) + kCapacity) - 1;
    return at<std::uint64_t>(entryOf(channel) + kBand) + (position & mask) * kStride;
}

std::optional<std::uint64_t> Client::claim(std::uint32_t channel, std::uint64_t cursorOffset,
                                           std::uint64_t lead) {
    const std::atomic_ref cursor(at<std::uint64_t>(entryOf(channel) + cursorOffset));
    for (;;) {
        std::uint64_t position = cursor.load(std::memory_order_relaxed);
        const std::atomic_ref sequence(at<std::uint64_t>(slotOf(channel, position)));
        const auto ahead =
            static_cast<std::int64_t>(sequence.load(std::memory_order_acquire) - (position + lead));
        if (ahead < 0) {
            return std::nullopt;
        }
        if (ahead == 0 &&
            cursor.compare_exchange_weak(position, position + 1, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
            return position;
        }
    }
}

bool Client::send(std::uint32_t channel, std::uint64_t id, const std::string& payload) {
    return sendWithLength(channel, id, payload, static_cast<std::uint32_t>(payload.size()));
}

bool Client::sendWithLength(std::uint32_t channel, std::uint64_t id, const std::string& payload,
                            std::uint32_t length) {
    const auto position = claim(channel, kTail, 0);
    if (!position) {
        return false;
    }
    const std::uint64_t slot = slotOf(channel, *position);
    const std::uint32_t stored =
        m_habits.clampsLength ? std::min(length, static_cast<std::uint32_t>(kInline)) : length;
    at<Meta>(slot + kMeta) = {id, wallNs(), channel, 5, static_cast<std::uint32_t>(::getpid()),
                              1,  0,        stored,  0};
    std::memcpy(&at<unsigned char>(slot + kPayload), payload.data(),
                std::min<std::size_t>(payload.size(), kInline));
    std::atomic_ref(at<std::uint64_t>(slot)).store(*position + 1, std::memory_order_release);
    if (m_habits.wakes) {
        auto& word = at<std::uint32_t>(entryOf(channel) + kSignal);
        std::atomic_ref(word).fetch_add(1, std::memory_order_release);
        ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    return true;
}

std::optional<Message> Client::receive(std::uint32_t channel) {
    const auto position = claim(channel, kHead, 1);
    if (!position) {
        return std::nullopt;
    }
    const std::uint64_t slot = slotOf(channel, *position);
    const Meta meta = at<Meta>(slot + kMeta);
    Message message{meta.id,  meta.timestampNs, meta.channel, meta.type,
                    meta.pid, meta.runtime,     meta.flags,   {}};
    // DMXP copies that many, whatever stands there; a test must not read beyond the mapping.
    const std::uint64_t room = m_bytes - (slot + kPayload);
    message.payload.assign(&at<char>(slot + kPayload), std::min<std::uint64_t>(meta.length, room));
    const std::uint64_t capacity = at<std::uint64_t>(entryOf(channel) + kCapacity);
    std::atomic_ref(at<std::uint64_t>(slot)).store(*position + capacity, std::memory_order_release);
    return message;
}

std::optional<Message> Client::receiveBlocking(std::uint32_t channel, int boundMs) {
    auto& word = at<std::uint32_t>(entryOf(channel) + kSignal);
    const std::uint32_t early = std::atomic_ref(word).load(std::memory_order_acquire);
    if (auto message = receive(channel)) {
        return message;
    }
    const std::uint32_t late = std::atomic_ref(word).load(std::memory_order_acquire);
    const timespec bound{boundMs / 1000, boundMs % 1000 * 1'000'000L};
    ::syscall(SYS_futex, &word, FUTEX_WAIT, m_habits.readsWordLate ? late : early, &bound, nullptr,
              0);
    return receive(channel);
}

bool Client::claimToSend(std::uint32_t channel) {
    return claim(channel, kTail, 0).has_value();
}

bool Client::claimToReceive(std::uint32_t channel) {
    return claim(channel, kHead, 1).has_value();
}

std::uint64_t Client::head(std::uint32_t channel) const {
    return std::atomic_ref(at<std::uint64_t>(entryOf(channel) + kHead))
        .load(std::memory_order_acquire);
}

std::uint64_t Client::tail(std::uint32_t channel) const {
    return std::atomic_ref(at<std::uint64_t>(entryOf(channel) + kTail))
        .load(std::memory_order_acquire);
}

std::uint32_t Client::channelCount() const {
    return std::min(at<std::uint32_t>(16), kMaxChannels);
}

} // namespace dmxp
