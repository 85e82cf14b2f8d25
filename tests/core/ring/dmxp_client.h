// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dmxp {

// What DMXP does that its documentation does not say, each of them switchable.
struct Habits {
    bool clampsLength = false; // false: payload_len is stored as it was given
    bool wakes = true;         // false: a publish whose wake-up nobody gets
    // A blocking receive sleeps on the futex word that it reads after the queue said empty, so a
    // publish in between is slept through until the next one.
    bool readsWordLate = true;
};

struct Message {
    std::uint64_t id = 0;
    std::uint64_t timestampNs = 0;
    std::uint32_t channel = 0;
    std::uint32_t type = 0;
    std::uint32_t senderPid = 0;
    std::uint16_t senderRuntime = 0;
    std::uint16_t flags = 0;
    std::string payload;
};

// A stand-in for a DMXP client, written from the facts about its memory and its order of stores. It
// includes and links nothing of Ringscope's, so that a mistake in our layout cannot excuse itself
// here. Throws std::runtime_error where DMXP returns an error. One thread.
class Client {
public:
    static constexpr std::uint64_t kDefaultBytes = std::uint64_t{128} << 20U;

    // As DMXP creates: an existing file of that name is truncated and written anew in place.
    static Client create(const std::string& name, std::uint64_t bytes = kDefaultBytes);
    // As DMXP attaches: the file has expectedBytes at least, and the magic.
    static Client attach(const std::string& name, std::uint64_t expectedBytes = kDefaultBytes);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&& other) noexcept;
    Client& operator=(Client&&) = delete;
    ~Client();

    // All of the four steps below. Returns its index.
    std::uint32_t createChannel(std::uint64_t capacity);
    // The steps, in DMXP's order: who looks in between sees what a watcher of DMXP sees.
    std::uint32_t publishCapacity(std::uint64_t capacity);
    void resetCursors(std::uint32_t channel);
    void initialiseSlots(std::uint32_t channel, std::uint64_t count); // from slot 0 on
    void countChannel();
    // Leaves all but the capacity as it is.
    void removeChannel(std::uint32_t channel);

    // False: full.
    bool send(std::uint32_t channel, std::uint64_t id, const std::string& payload);
    // The same with a payload_len of its own choice.
    bool sendWithLength(std::uint32_t channel, std::uint64_t id, const std::string& payload,
                        std::uint32_t length);
    // Empty: nothing there, or claimed and not published.
    std::optional<Message> receive(std::uint32_t channel);
    // Sleeps until a wake-up comes, boundMs at most.
    std::optional<Message> receiveBlocking(std::uint32_t channel, int boundMs);
    // Claims a position and leaves it so, as one that is killed does.
    bool claimToSend(std::uint32_t channel);
    bool claimToReceive(std::uint32_t channel);

    [[nodiscard]] std::uint64_t head(std::uint32_t channel) const;
    [[nodiscard]] std::uint64_t tail(std::uint32_t channel) const;
    [[nodiscard]] std::uint32_t channelCount() const;
    void setHabits(const Habits& habits) { m_habits = habits; }

private:
    Client(void* base, std::uint64_t bytes)
        : m_base(static_cast<unsigned char*>(base))
        , m_bytes(bytes) {}
    template <typename T>
    [[nodiscard]] T& at(std::uint64_t offset) const {
        return *reinterpret_cast<T*>(m_base + offset);
    }
    [[nodiscard]] std::uint64_t slotOf(std::uint32_t channel, std::uint64_t position) const;
    // The position, or empty when the slot at the cursor is not free (0) or not ready (1).
    std::optional<std::uint64_t> claim(std::uint32_t channel, std::uint64_t cursorOffset,
                                       std::uint64_t lead);

    unsigned char* m_base;
    std::uint64_t m_bytes;
    Habits m_habits;
};

} // namespace dmxp
