// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/session/session_view.h"

namespace ringscope {

enum class SizingAdvice : std::uint8_t {
    suffices,        // nobody waited: `needed` slots would have done as well
    grow,            // producers waited; how much they meant to send is known: `needed` slots
    growAtLeast,     // producers waited; what they held back is estimated: no fewer than `needed`
    noCapacityHelps, // producers offer more than consumers take
    unpaced,         // producers send whenever there is room: they fill any ring
};
// "suffices", "grow", "grow_at_least", "no_capacity_helps", "unpaced": as written in files.
[[nodiscard]] const char* sizingAdviceName(SizingAdvice advice);

// How full one channel got over a range of time, and which capacity the load asks for. Fill counts
// positions between head and tail; slots in the hands of consumers come on top in what is needed.
struct ChannelSizing {
    std::uint32_t channel = 0;
    std::string label; // "ch0", "ch1 orders"
    std::uint64_t capacity = 0;

    std::uint64_t maxFill = 0;      // slots, as sampled
    std::uint64_t maxFillBound = 0; // at most so many between two samples
    std::uint64_t minFree = 0;      // slots that producers could have, as sampled
    std::int64_t observedNs = 0;
    std::int64_t atFullNs = 0;
    std::int64_t atEmptyNs = 0;
    std::int64_t longestReceiveStallNs = 0; // nothing received though messages were there
    std::int64_t longestSendStallNs = 0;    // nothing sent though the ring was full

    double offeredPerSecond = 0;  // by the producers, in the long run; what was sent if unknown
    double consumedPerSecond = 0; // while messages were there, or on the whole if that is more
    SizingAdvice advice = SizingAdvice::suffices;
    std::uint64_t needed = 0; // slots, before rounding to a power of two; 0 = cannot be said
    std::uint64_t recommendedCapacity = 0; // 0 = none helps

    bool isHoldTimeKnown = false; // false: consumers that keep slots for long need more

    [[nodiscard]] double atFullPercent() const noexcept;
    [[nodiscard]] double atEmptyPercent() const noexcept;
};

// One for each channel of the ring that was sampled in [fromNs, toNs]. Pure; looks at each sample.
//
// Method: cumulative curves (Newell, Applications of Queueing Theory, 1982). With A(t) what the
// producers meant to send by t and D(t) what was received, the slots that nobody waits for are
// max(A - D). A larger ring changes A's waiting, not D: consumers that have work go on at their
// rate whether the rest waits in the ring or in front of it.
//  - While nobody waits, A is the tail. Tail and head only rise, so between two samples there were
//    never more than (later tail - earlier head): the bound of what sampling can miss.
//  - While producers wait, the tail is what the ring let through. A then follows the scenario's
//    rate where it has one; otherwise the rate before the ring was full, up to what had been sent
//    by the time it had room again.
//  - A consumer keeps what it took for as long as its scenario says: D is the head of that long
//  ago.
//    Of other rings that is not known.
//  - Offered rate >= rate of consumption while messages are there: the backlog has no bound
//    (utilization of 1 and above), so no capacity helps.
[[nodiscard]] std::vector<ChannelSizing> sizingOf(const SessionView& view, std::int64_t fromNs,
                                                  std::int64_t toNs);
[[nodiscard]] std::vector<ChannelSizing> sizingOf(const SessionView& view);

// The advice as one or two sentences.
[[nodiscard]] std::string sizingSentence(const ChannelSizing& sizing);

// How long the oldest message that nobody had received by then had been in the ring: since when the
// tail passed the head, exact to a sample period. Empty without a message or a history of it; a
// message from before the first sample is as old as that at least.
[[nodiscard]] std::optional<std::int64_t>
oldestMessageAgeNs(const SessionView& view, std::uint32_t channel, std::int64_t timeNs);

} // namespace ringscope
