// SPDX-License-Identifier: MIT
#include "core/session/sizing.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/base/clock.h"
#include "core/session/offered_load.h"
#include "core/workload/scenario_file.h"

namespace ringscope {

namespace {

// Room that opens for less than this is filled again by those who wait: still the same episode.
constexpr std::int64_t kEpisodeGapNs = 5 * kNsPerMs;
// How far back the rate before the ring was full is measured.
constexpr std::int64_t kRateWindowNs = 100 * kNsPerMs;

struct Row {
    std::int64_t ns = 0;
    double sent = 0;
    double received = 0;
    double taken = 0; // slots that producers cannot have
    bool isValid = false;

    [[nodiscard]] double used() const noexcept { return std::max(sent - received, 0.0); }
    // Positions whose slots producers have back. One that is held while the others go on keeps all
    // behind it taken, however few are between head and tail.
    [[nodiscard]] double released() const noexcept { return sent - taken; }
};

// The three tracks of a channel as rows.
class ChannelTracks {
public:
    static std::optional<ChannelTracks> of(const SessionView& view, const ChannelCursors& channel) {
        const std::string name = "ring.ch" + std::to_string(channel.channel);
        const auto fill = view.find(name + ".fill");
        const auto sent = view.find(name + ".sent");
        const auto received = view.find(name + ".received");
        if (!fill || !sent || !received || channel.capacity == 0) {
            return std::nullopt;
        }
        ChannelTracks tracks;
        tracks.m_fill = {&view.samples(*fill), fill->column};
        tracks.m_sent = {&view.samples(*sent), sent->column};
        tracks.m_received = {&view.samples(*received), received->column};
        tracks.m_slotsPerPercent = static_cast<double>(channel.capacity) / 100;
        tracks.m_rows = std::min({tracks.m_fill.samples->rows(), tracks.m_sent.samples->rows(),
                                  tracks.m_received.samples->rows()});
        tracks.label = view.description(*fill).label;
        return tracks;
    }

    [[nodiscard]] std::size_t rows() const noexcept { return m_rows; }
    [[nodiscard]] Row row(std::size_t index) const {
        Row row;
        row.ns = m_sent.samples->timeAt(index);
        row.sent = m_sent.at(index);
        row.received = m_received.at(index);
        row.taken = std::max(m_fill.at(index) * m_slotsPerPercent, row.used());
        row.isValid = !std::isnan(row.sent + row.received + row.taken);
        return row;
    }
    [[nodiscard]] std::size_t lowerBound(std::int64_t ns) const {
        return std::min(m_sent.samples->lowerBound(ns), m_rows);
    }

    std::string label;

private:
    struct Column {
        const SampleTableView* samples = nullptr;
        std::size_t column = 0;

        [[nodiscard]] double at(std::size_t row) const { return samples->valueAt(column, row); }
    };

    Column m_fill;
    Column m_sent;
    Column m_received;
    double m_slotsPerPercent = 0;
    std::size_t m_rows = 0;
};

// b follows a without a gap, and the channel was not made anew between them.
bool isPair(const Row& a, const Row& b) {
    return a.isValid && b.isValid && b.sent >= a.sent && b.received >= a.received;
}

// What is known beside the cursors.
struct Surroundings {
    std::optional<Scenario> scenario;
    std::optional<double> fullWaits; // in the range; empty when nobody counts them
    bool isOneChannel = false;

    // How long a consumer keeps a slot, at most, as the scenario has it.
    [[nodiscard]] std::int64_t holdNs() const {
        if (!scenario) {
            return 0;
        }
        const WorkSettings& work = scenario->work;
        constexpr std::int64_t kMeansOfExponential = 10; // longer ones: one in 22,000
        const std::int64_t workNs = work.time == WorkTime::none      ? 0
                                    : work.time == WorkTime::uniform ? work.maxNs
                                    : work.time == WorkTime::exponential
                                        ? kMeansOfExponential * work.ns
                                        : work.ns;
        const StallSettings& stall = scenario->stall;
        const std::int64_t stallNs = stall.everyNs > 0 && stall.isHolding ? stall.forNs : 0;
        return workNs * scenario->workers.batch + stallNs;
    }

    // Slots that consumers have claimed and not given back, at most: behind the head, yet not free.
    [[nodiscard]] std::uint64_t inHands(const SessionView& view, std::uint32_t channel) const {
        std::uint64_t consumers = 0;
        if (scenario) {
            const std::uint32_t channels = std::max(scenario->channelCount(), 1U);
            const bool isShared = scenario->ring.spread == ChannelSpread::all &&
                                  scenario->workers.pattern == TrafficPattern::stream;
            consumers = isShared ? scenario->workers.consumers
                                 : (scenario->workers.consumers + channels - 1) / channels;
            return std::max<std::uint64_t>(consumers, 1) * scenario->workers.batch;
        }
        for (std::size_t i = 0; view.participants && i < view.participants->size(); ++i) {
            const ParticipantRow& row = (*view.participants)[i];
            consumers += row.isRegistered && !row.isProducer && row.channel == channel ? 1 : 0;
        }
        return std::max<std::uint64_t>(consumers, 1);
    }
};

Surroundings surroundingsOf(const SessionView& view, std::int64_t fromNs, std::int64_t toNs) {
    Surroundings known;
    if (!view.provenance->scenarioToml.empty()) {
        if (auto scenario = parseScenario(view.provenance->scenarioToml, "the session")) {
            known.scenario = std::move(*scenario);
        }
    }
    if (const auto track = view.find("messages.full_waits")) {
        // From the sample before the range to the one behind it: counted at 100 Hz only.
        const SampleTableView& samples = view.samples(*track);
        const std::size_t after = std::min(samples.lowerBound(toNs) + 1, samples.rows());
        const std::size_t from = std::max<std::size_t>(samples.lowerBound(fromNs), 1) - 1;
        const RangeSummary range = samples.summarize(track->column, from, std::max(after, from));
        if (range.valid > 0) {
            // Nobody had waited before the first sample of all.
            known.fullWaits = range.max - (from == 0 ? 0 : range.min);
        }
    }
    known.isOneChannel = view.ring && view.ring->channels.size() == 1;
    return known;
}

class ChannelStudy {
public:
    ChannelStudy(const ChannelTracks& tracks, std::uint64_t capacity, std::uint64_t inHands,
                 const Surroundings& known)
        : m_tracks(tracks)
        , m_capacity(static_cast<double>(capacity))
        , m_inHands(static_cast<double>(inHands))
        , m_known(known)
        , m_holdNs(known.holdNs()) {
        // Who waits counts it. Where nobody waited, a ring that stood just short of full was not.
        m_mayWait = !known.fullWaits || *known.fullWaits > 0;
        m_fullFrom = m_capacity - (m_mayWait ? std::min(m_inHands, m_capacity / 4) : 0);
        if (known.scenario) {
            m_load = OfferedLoad::of(*known.scenario);
        }
    }

    void look(std::size_t first, std::size_t last, ChannelSizing& sizing) {
        m_first = first;
        m_last = last;
        m_heldSince = first;
        sizing.isHoldTimeKnown = m_known.scenario.has_value();
        measure(sizing);
        advise(sizing);
    }

private:
    [[nodiscard]] bool isFull(const Row& row) const { return row.taken >= m_fullFrom; }

    void measure(ChannelSizing& sizing) {
        Row before;
        std::int64_t notReceivedSince = -1;
        std::int64_t notSentSince = -1;
        double maxTaken = 0;
        double maxFill = 0;
        for (std::size_t i = m_first; i < m_last; ++i) {
            const Row row = m_tracks.row(i);
            if (row.isValid) {
                maxFill = std::max(maxFill, std::min(row.used(), m_capacity));
                maxTaken = std::max(maxTaken, row.taken);
                m_wasFull = m_wasFull || (m_mayWait && isFull(row));
            }
            const bool isNext = isPair(before, row);
            if (isNext) {
                addInterval(before, row, sizing);
            }
            extend(notReceivedSince, isNext && before.used() > 0 && row.received == before.received,
                   before, row, sizing.longestReceiveStallNs);
            extend(notSentSince, isNext && isFull(before) && isFull(row) && row.sent == before.sent,
                   before, row, sizing.longestSendStallNs);
            before = row;
        }
        m_maxBound = std::max(m_maxBound, maxFill);
        m_maxNeed = std::max(m_maxNeed, m_maxBound);
        sizing.maxFill = static_cast<std::uint64_t>(maxFill);
        sizing.maxFillBound = static_cast<std::uint64_t>(std::min(m_maxBound, m_capacity));
        sizing.minFree =
            static_cast<std::uint64_t>(std::max(m_capacity - std::round(maxTaken), 0.0));
        const auto observedNs = static_cast<double>(sizing.observedNs);
        const double busyRate = m_busyNs > 0 ? m_busyReceived * 1e9 / m_busyNs : 0;
        sizing.consumedPerSecond =
            std::max(busyRate, observedNs > 0 ? m_received * 1e9 / observedNs : 0);
        // Consumers that ran out of messages for half of the time are not too slow.
        m_isAlwaysBusy = m_busyNs > observedNs / 2;
        sizing.offeredPerSecond =
            sizing.observedNs > 0 ? m_sent * 1e9 / static_cast<double>(sizing.observedNs) : 0;
    }

    void addInterval(const Row& before, const Row& row, ChannelSizing& sizing) {
        const std::int64_t ns = row.ns - before.ns;
        sizing.observedNs += ns;
        sizing.atFullNs += isFull(before) ? ns : 0;
        sizing.atEmptyNs += before.used() == 0 ? ns : 0;
        m_sent += row.sent - before.sent;
        m_received += row.received - before.received;
        m_maxBound = std::max(m_maxBound, row.sent - before.received);
        m_maxNeed = std::max(m_maxNeed, row.sent - receivedLongBefore(before));
        // All that was received had been there at the start: the ring was never empty meanwhile.
        // Small rings are read many times over between two samples; one that is full each time
        // somebody looks is not empty either.
        if (row.received < before.sent || (isFull(before) && isFull(row))) {
            m_busyNs += static_cast<double>(ns);
            m_busyReceived += row.received - before.received;
        }
    }

    // The head as long ago as a consumer may keep what it took: a slot from then is still taken.
    // Called with rising times.
    [[nodiscard]] double receivedLongBefore(const Row& before) {
        while (m_heldSince < m_last && m_tracks.row(m_heldSince).ns < before.ns - m_holdNs) {
            ++m_heldSince;
        }
        const Row row = m_tracks.row(m_heldSince);
        return isPair(row, before) ? row.received : before.received;
    }

    // since: -1 = it does not go on. (An optional here makes GCC 12 warn of nothing.)
    static void extend(std::int64_t& since, bool goesOn, const Row& before, const Row& row,
                       std::int64_t& longest) {
        if (!goesOn) {
            since = -1;
            return;
        }
        since = since == -1 ? before.ns : since;
        longest = std::max(longest, row.ns - since);
    }

    void advise(ChannelSizing& sizing) {
        const bool isWaitBetweenSamples =
            m_known.fullWaits && *m_known.fullWaits > 0 &&
            (m_known.isOneChannel || m_maxBound + m_inHands >= m_capacity);
        if (!m_wasFull && !isWaitBetweenSamples) {
            const double needed = std::min(m_maxNeed + m_inHands, m_capacity);
            sizing.needed = static_cast<std::uint64_t>(std::ceil(std::max(needed, 1.0)));
            sizing.recommendedCapacity = std::max<std::uint64_t>(std::bit_ceil(sizing.needed), 2);
            return;
        }
        const bool isUnpaced = m_known.scenario && !m_load;
        const double backlog = m_load ? intendedBacklog() : estimatedBacklog();
        if (m_load) {
            sizing.offeredPerSecond = m_load->perSecond();
        } else if (sizing.observedNs > 0) {
            sizing.offeredPerSecond =
                (m_sent + m_heldBack) * 1e9 / static_cast<double>(sizing.observedNs);
        }
        if (isUnpaced && m_known.scenario->rate.mode == RateMode::max) {
            sizing.advice = SizingAdvice::unpaced;
            return;
        }
        if (m_isAlwaysBusy && sizing.offeredPerSecond >= sizing.consumedPerSecond) {
            sizing.advice = SizingAdvice::noCapacityHelps;
            return;
        }
        sizing.advice = m_load ? SizingAdvice::grow : SizingAdvice::growAtLeast;
        sizing.needed = static_cast<std::uint64_t>(
            std::ceil(std::max(std::max(backlog, m_maxNeed) + m_inHands, m_capacity + 1)));
        sizing.recommendedCapacity = std::bit_ceil(sizing.needed);
    }

    // max(A - D) with A as the scenario has it while producers are behind. From the first sample,
    // because what they have not sent yet may be older than the range.
    [[nodiscard]] double intendedBacklog() const {
        const std::size_t rows = m_tracks.rows();
        std::size_t index = 0;
        while (index < rows && !(m_tracks.row(index).sent > 0)) {
            ++index;
        }
        if (index == rows) {
            return 0;
        }
        Row before = m_tracks.row(index);
        const double startNs =
            static_cast<double>(before.ns) - m_load->secondsOf(before.sent) * 1e9;
        const auto due = [&](const Row& row) {
            return m_load->dueBy((static_cast<double>(row.ns) - startNs) / 1e9);
        };
        // Behind the last message nothing was meant to be sent, unless the ring was in the way.
        std::size_t lastSent = rows - 1;
        while (lastSent > 0 && !(m_tracks.row(lastSent).sent > m_tracks.row(lastSent - 1).sent)) {
            --lastSent;
        }
        double most = 0;
        double arrived = before.sent;
        for (++index; index < m_last; ++index) {
            const Row row = m_tracks.row(index);
            if (!isPair(before, row)) {
                before = row;
                arrived = row.sent;
                continue;
            }
            const bool isBehind = isFull(before) || isFull(row) || arrived > before.sent;
            const bool isSending = index <= lastSent || isFull(row);
            arrived = isBehind && isSending ? std::max(row.sent, arrived + due(row) - due(before))
                                            : row.sent;
            if (index > m_first) {
                most = std::max(most, arrived - before.released());
            }
            before = row;
        }
        return most;
    }

    // max(A - D) with A going on as before the ring was full, until it had room again: by then
    // everything held back had been sent. Sums up in m_heldBack what was never sent.
    [[nodiscard]] double estimatedBacklog() {
        double most = 0;
        double perNs = 0;
        std::size_t i = m_first;
        while (i < m_last) {
            const Row row = m_tracks.row(i);
            if (!row.isValid || !isFull(row)) {
                ++i;
                continue;
            }
            perNs = std::max(perNs, rateBefore(i));
            const std::size_t end = episodeEnd(i);
            most = std::max(most, backlogOf(i, end, perNs));
            i = end;
        }
        return most;
    }

    // In 1/ns over the rows that were not full before this one; 0 when there are too few.
    [[nodiscard]] double rateBefore(std::size_t full) const {
        const Row last = m_tracks.row(full);
        std::size_t first = full;
        while (first > m_first) {
            const Row row = m_tracks.row(first - 1);
            if (!isPair(row, last) || isFull(row) || last.ns - row.ns > kRateWindowNs) {
                break;
            }
            --first;
        }
        const Row from = m_tracks.row(first);
        return last.ns - from.ns >= kEpisodeGapNs
                   ? (last.sent - from.sent) / static_cast<double>(last.ns - from.ns)
                   : 0;
    }

    // The first row behind which there was room for longer than a moment.
    [[nodiscard]] std::size_t episodeEnd(std::size_t first) const {
        std::int64_t lastFullNs = m_tracks.row(first).ns;
        std::size_t end = first + 1;
        for (; end < m_last; ++end) {
            const Row row = m_tracks.row(end);
            if (!row.isValid || row.ns - lastFullNs > kEpisodeGapNs) {
                break;
            }
            lastFullNs = isFull(row) ? row.ns : lastFullNs;
        }
        return end;
    }

    [[nodiscard]] double backlogOf(std::size_t first, std::size_t end, double perNs) {
        const Row from = m_tracks.row(first);
        const Row to = m_tracks.row(end - 1);
        const bool isOver = end < m_last;
        double most = 0;
        for (std::size_t i = first + 1; i < end; ++i) {
            const Row row = m_tracks.row(i);
            double arrived = from.sent + perNs * static_cast<double>(row.ns - from.ns);
            arrived = std::max(isOver ? std::min(arrived, to.sent) : arrived, row.sent);
            most = std::max(most, arrived - m_tracks.row(i - 1).released());
        }
        if (!isOver) {
            m_heldBack +=
                std::max(from.sent + perNs * static_cast<double>(to.ns - from.ns) - to.sent, 0.0);
        }
        return most;
    }

    // Constant after construction.
    const ChannelTracks& m_tracks;
    double m_capacity;
    double m_inHands;
    const Surroundings& m_known;
    std::int64_t m_holdNs;
    std::optional<OfferedLoad> m_load;
    bool m_mayWait = true;
    double m_fullFrom = 0;

    std::size_t m_first = 0;
    std::size_t m_last = 0;
    double m_sent = 0;
    double m_received = 0;
    double m_heldBack = 0;
    double m_maxBound = 0;
    double m_maxNeed = 0;
    std::size_t m_heldSince = 0; // row
    double m_busyNs = 0;
    double m_busyReceived = 0;
    bool m_isAlwaysBusy = false;
    bool m_wasFull = false;
};

double percentOf(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

} // namespace

const char* sizingAdviceName(SizingAdvice advice) {
    switch (advice) {
    case SizingAdvice::suffices:
        return "suffices";
    case SizingAdvice::grow:
        return "grow";
    case SizingAdvice::growAtLeast:
        return "grow_at_least";
    case SizingAdvice::noCapacityHelps:
        return "no_capacity_helps";
    case SizingAdvice::unpaced:
        return "unpaced";
    }
    return "suffices";
}

double ChannelSizing::atFullPercent() const noexcept {
    return percentOf(atFullNs, observedNs);
}

double ChannelSizing::atEmptyPercent() const noexcept {
    return percentOf(atEmptyNs, observedNs);
}

std::vector<ChannelSizing> sizingOf(const SessionView& view, std::int64_t fromNs,
                                    std::int64_t toNs) {
    std::vector<ChannelSizing> all;
    if (!view.ring) {
        return all;
    }
    toNs = std::min(toNs, std::numeric_limits<std::int64_t>::max() - 1);
    const Surroundings known = surroundingsOf(view, fromNs, toNs);
    for (const ChannelCursors& channel : view.ring->channels) {
        const auto tracks = ChannelTracks::of(view, channel);
        if (!tracks) {
            continue;
        }
        const std::size_t first = tracks->lowerBound(fromNs);
        const std::size_t last = tracks->lowerBound(toNs + 1);
        if (last < first + 2) {
            continue;
        }
        ChannelSizing sizing;
        sizing.channel = channel.channel;
        sizing.label = tracks->label;
        sizing.capacity = channel.capacity;
        ChannelStudy(*tracks, channel.capacity, known.inHands(view, channel.channel), known)
            .look(first, last, sizing);
        all.push_back(std::move(sizing));
    }
    return all;
}

std::vector<ChannelSizing> sizingOf(const SessionView& view) {
    return sizingOf(view, view.startNs, view.endNs);
}

std::optional<std::int64_t> oldestMessageAgeNs(const SessionView& view, std::uint32_t channel,
                                               std::int64_t timeNs) {
    ChannelCursors cursors;
    cursors.channel = channel;
    cursors.capacity = 1;
    const auto tracks = ChannelTracks::of(view, cursors);
    const std::size_t after = tracks ? tracks->lowerBound(timeNs + 1) : 0;
    if (after == 0) {
        return std::nullopt;
    }
    const Row now = tracks->row(after - 1);
    if (!now.isValid || !(now.used() > 0)) {
        return std::nullopt;
    }
    // The tail only rises: the first row at which it was past the head.
    std::size_t low = 0;
    std::size_t high = after - 1;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (tracks->row(middle).sent > now.received) {
            high = middle;
        } else {
            low = middle + 1; // NaN as well: a gap is before what it is followed by
        }
    }
    return now.ns - tracks->row(low).ns;
}

std::string sizingSentence(const ChannelSizing& sizing) {
    const std::string capacity = std::to_string(sizing.capacity);
    const std::string needed = std::to_string(sizing.needed);
    const std::string recommended = std::to_string(sizing.recommendedCapacity);
    const std::string offered = formatValue(sizing.offeredPerSecond, Unit::countPerSec);
    const std::string consumed = formatValue(sizing.consumedPerSecond, Unit::countPerSec);
    switch (sizing.advice) {
    case SizingAdvice::suffices:
        return "No producer waited: " + needed + " of " + capacity +
               " slots were needed at most, so a capacity of " + recommended +
               " is enough for this load" +
               (sizing.isHoldTimeKnown ? "." : " while consumers give slots back at once.");
    case SizingAdvice::grow:
        return "Producers waited for room: at their intended rate " + needed +
               " slots are needed, a capacity of " + recommended + " instead of " + capacity + ".";
    case SizingAdvice::growAtLeast:
        return "Producers waited for room, and what they held back is not known: at least " +
               needed + " slots are needed, a capacity of " + recommended + " instead of " +
               capacity + " or more.";
    case SizingAdvice::noCapacityHelps:
        return "No capacity helps: producers offer " + offered + ", consumers take " + consumed +
               ".";
    case SizingAdvice::unpaced:
        return "No capacity helps: producers send as fast as there is room, consumers take " +
               consumed + ".";
    }
    return {};
}

} // namespace ringscope
