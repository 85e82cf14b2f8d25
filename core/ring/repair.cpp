// SPDX-License-Identifier: MIT
#include "core/ring/repair.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/clock.h"
#include "core/base/file_descriptor.h"
#include "core/ring/channel_end.h"
#include "core/ring/producer.h"
#include "core/ring/segment_mappers.h"
#include "core/ring/wait.h"

namespace ringscope {

using detail::shared;

namespace {

constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelaxed = std::memory_order_relaxed;

// Positions are compared by distance, so that they may wrap around.
bool isBefore(std::uint64_t position, std::uint64_t cursor) noexcept {
    return static_cast<std::int64_t>(position - cursor) < 0;
}

// Who else may own a slot is asked of the whole roster and of /proc, for each slot that a dead one
// held before it was sure. No crash leaves many of those; a hostile roster of 65,536 would keep us
// for days. Of one pass, in looks at an entry: some seconds.
constexpr std::uint64_t kCostOfAPass = std::uint64_t{1} << 23U;
constexpr std::uint64_t kCostOfLiveness = 256;
constexpr std::uint64_t kCostOfMappers = std::uint64_t{1} << 16U;

struct Intent {
    std::uint64_t first = 0;
    std::uint64_t count = 0; // 0 = none
    bool isClaimed = false;

    [[nodiscard]] bool covers(std::uint64_t position) const noexcept {
        return position - first < count;
    }
};

// The intent of somebody who may be running; empty when it changed meanwhile. Who owns a slot from
// before this call until after it has an intent that stands still, so an empty one owns none.
std::optional<Intent> readIntent(layout::RosterEntry& entry) noexcept {
    const std::uint64_t first = shared(entry.intentFirst).load(kAcquire);
    const std::uint64_t intent = shared(entry.intent).load(kAcquire);
    const std::uint64_t again = shared(entry.intentFirst).load(kAcquire);
    if (first != again || intent == 0) {
        return std::nullopt;
    }
    return Intent{first, intent & layout::kIntentCountMask, (intent & layout::kIntentClaimed) != 0};
}

struct Rivals {
    bool isOwnedByOther = false; // somebody's claimed bit says so
    std::vector<RepairRival> who;
};

// Held for the length of a repair: an open-file-description lock on the journal's bytes, which the
// kernel drops when its holder dies.
class RepairLock {
public:
    static Expected<RepairLock> take(const Segment& segment, std::chrono::milliseconds patience) {
        const std::string path = "/dev/shm/" + segment.name();
        FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        struct stat status {};
        if (!file.isOpen() || ::fstat(file.get(), &status) != 0) {
            return systemError(ErrorKind::target,
                               "ring segment " + segment.name() + ": cannot be opened for repair",
                               errno);
        }
        if (FileKey{status.st_dev, status.st_ino} != segment.file()) {
            return makeError(ErrorKind::target, "ring segment " + segment.name() +
                                                    ": another file has taken its name; repair "
                                                    "that one, or end those who use the old one");
        }
        struct flock range {};
        range.l_type = F_WRLCK;
        range.l_whence = SEEK_SET;
        range.l_start = offsetof(layout::Header, journalAct);
        range.l_len = sizeof(layout::Header) - offsetof(layout::Header, journalAct);
        const std::int64_t deadline = monotonicNs() + patience.count() * kNsPerMs;
        while (::fcntl(file.get(), F_OFD_SETLK, &range) != 0) {
            if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
                return systemError(ErrorKind::failed,
                                   "ring segment " + segment.name() + ": cannot be locked", errno);
            }
            if (monotonicNs() >= deadline) {
                return makeError(ErrorKind::failed,
                                 "ring segment " + segment.name() +
                                     ": somebody else is repairing it; try again");
            }
            const timespec pause{0, kNsPerMs};
            ::nanosleep(&pause, nullptr);
        }
        return RepairLock(std::move(file));
    }

private:
    explicit RepairLock(FileDescriptor file)
        : m_file(std::move(file)) {}
    FileDescriptor m_file;
};

// One pass over the roster. Order of reading, for each dead participant: its intent, the cursor,
// the others' intents, and the slot's sequence last.
class Repair {
public:
    Repair(const Segment& segment, const RepairOptions& options)
        : m_segment(segment)
        , m_options(options)
        , m_header(*segment.header()) {}

    // A killed repairer's act was done if its sequence has moved on; the count is then stored
    // again, which is the same whether or not it was stored before.
    void finishJournal() noexcept {
        const std::uint64_t act = shared(m_header.journalAct).load(kAcquire);
        const auto channel = static_cast<std::uint32_t>(act >> 32U);
        if (act == 0) {
            return;
        }
        if (isUsable(channel)) {
            const ChannelView view = m_segment.channel(channel);
            const std::uint64_t position = m_header.journalPosition;
            const auto kind = static_cast<std::uint32_t>(act);
            const std::uint64_t before =
                kind == layout::kActPublishTombstone ? position : position + 1;
            if (shared(view.slot(position)->sequence).load(kAcquire) != before) {
                storeCount(view, kind, m_header.journalCount);
            }
        }
        shared(m_header.journalAct).store(0, std::memory_order_release);
    }

    RepairReport pass() {
        m_report = {};
        m_budget = kCostOfAPass;
        for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
            look(index);
        }
        for (std::uint32_t index = 0; index < m_segment.channelCount(); ++index) {
            if (isUsable(index)) {
                const layout::Channel& channel = *m_segment.channel(index).shared;
                m_report.tombstonesInAll += channel.tombstonesByRepair;
                m_report.lostInAll += channel.lostByRepair;
            }
        }
        return m_report;
    }

private:
    [[nodiscard]] bool isUsable(std::uint32_t channel) const noexcept {
        return channel < m_segment.channelCount() &&
               m_segment.geometry().channels[channel].capacity != 0;
    }

    // The participant of an entry, read as one whose owner may be running. Its intent is not read.
    [[nodiscard]] std::optional<Participant> participantAt(std::uint32_t index) const {
        layout::RosterEntry& entry = m_segment.rosterEntries()[index];
        layout::RosterEntry copy{};
        copy.owner = shared(entry.owner).load(kAcquire);
        copy.confirmed = shared(entry.confirmed).load(kAcquire);
        // Acquire, so that owner is read again after all of them.
        copy.pid = shared(entry.pid).load(kAcquire);
        copy.tid = shared(entry.tid).load(kAcquire);
        copy.processStartTicks = shared(entry.processStartTicks).load(kAcquire);
        copy.threadStartTicks = shared(entry.threadStartTicks).load(kAcquire);
        copy.pidNamespace = shared(entry.pidNamespace).load(kAcquire);
        copy.role = shared(entry.role).load(kAcquire);
        copy.channel = shared(entry.channel).load(kAcquire);
        copy.joinedNs = shared(entry.joinedNs).load(kAcquire);
        if (shared(entry.owner).load(kRelaxed) != copy.owner) {
            return std::nullopt; // it changed hands: a living one has it
        }
        const auto found = participantsIn(&copy, 1);
        if (found.empty()) {
            return std::nullopt;
        }
        Participant one = found.front();
        one.entry = index;
        return one;
    }

    // Since it was read its entry has not changed hands, nor been joined anew by the same thread.
    [[nodiscard]] bool isStill(const Participant& one) const {
        const auto now = participantAt(one.entry);
        return now && now->ticket == one.ticket && now->isConfirmed == one.isConfirmed &&
               now->role == one.role && now->channel == one.channel &&
               now->joinedNs == one.joinedNs;
    }

    [[nodiscard]] bool isAskedFor(const Participant& one) const noexcept {
        return (!m_options.pid || one.process.pid == *m_options.pid) &&
               (!m_options.channel || one.channel == *m_options.channel);
    }

    void look(std::uint32_t index) {
        auto holder = participantAt(index);
        if (!holder || !isAskedFor(*holder) || livenessOf(*holder) != Liveness::dead) {
            return;
        }
        // Again, now that it is known to be dead: a joiner may have confirmed its entry, claimed
        // and died since it was read as half registered.
        const std::uint64_t dead = holder->ticket;
        holder = participantAt(index);
        if (!holder || holder->ticket != dead || !isAskedFor(*holder)) {
            return;
        }
        ++m_report.deadParticipants;
        layout::RosterEntry& entry = m_segment.rosterEntries()[index];
        // The dead change nothing any more, so this is read once. A half registered one holds
        // nothing.
        const std::uint64_t intent = holder->isConfirmed ? shared(entry.intent).load(kAcquire) : 0;
        if (intent != 0) {
            holder->intentFirst = shared(entry.intentFirst).load(kAcquire);
            // It is the dead one's only if the entry still is: when it was clear, a joiner may have
            // taken the entry over since, and the intent is of a living one.
            if (shared(entry.owner).load(kRelaxed) != holder->ticket) {
                return;
            }
            holder->intentCount = static_cast<std::uint32_t>(intent & layout::kIntentCountMask);
            holder->isClaimed = (intent & layout::kIntentClaimed) != 0;
            if (!resolve(*holder)) {
                return;
            }
        }
        if (m_options.isDryRun) {
            return;
        }
        if (intent != 0) { // when it was clear, the entry may be a joiner's by now
            shared(entry.intent).store(0, std::memory_order_release);
        }
        std::uint64_t ticket = holder->ticket;
        if (shared(entry.owner).compare_exchange_strong(ticket, 0, std::memory_order_acq_rel)) {
            ++m_report.entriesFreed;
        }
    }

    // False: something of its intent had to be left alone.
    bool resolve(const Participant& holder) {
        const bool isProducer = holder.role == layout::Role::producer;
        if ((!isProducer && holder.role != layout::Role::consumer) || !isUsable(holder.channel) ||
            holder.intentCount >
                std::min<std::uint64_t>(m_segment.channel(holder.channel).capacity(), kMaxBatch)) {
            refuse(holder, {},
                   "its roster entry names a role, channel or count that cannot be; remove the "
                   "ring once nobody uses it");
            return false;
        }
        const ChannelView view = m_segment.channel(holder.channel);
        // Acquire: who sees the cursor moved sees the intent of who moved it.
        const std::uint64_t cursor =
            shared(isProducer ? view.shared->tail : view.shared->head).load(kAcquire);
        m_outsiders.reset(); // who moved the cursor may have mapped the ring since they were read
        const std::uint64_t end = holder.intentFirst + holder.intentCount;
        if (!holder.isClaimed && isBefore(cursor, end)) {
            return true; // its CAS, which moves the cursor over all of them, was not done
        }
        bool isResolved = true;
        for (std::uint64_t position = holder.intentFirst; position != end; ++position) {
            if (!holder.isClaimed && m_budget == 0) {
                refuse(holder, {},
                       "more claims than a crash leaves were not finished; repair again, or remove "
                       "the ring once nobody uses it");
                return false;
            }
            if (isBefore(position, cursor)) {
                isResolved = resolveSlot(holder, view, position) && isResolved;
            }
        }
        return isResolved;
    }

    bool resolveSlot(const Participant& holder, const ChannelView& view, std::uint64_t position) {
        const std::uint64_t held = holder.role == layout::Role::producer ? position : position + 1;
        if (!holder.isClaimed && shared(view.slot(position)->sequence).load(kAcquire) != held) {
            return true; // nothing to ask for; a slot that was passed on never comes back to this
        }
        Rivals rivals;
        if (!holder.isClaimed) {
            rivals = rivalsFor(holder, position);
            if (rivals.isOwnedByOther) {
                return true;
            }
        }
        if (shared(view.slot(position)->sequence).load(kAcquire) != held) {
            return true; // passed on, by it or by its owner
        }
        if (!rivals.who.empty() && !m_options.isForced) {
            refuse(holder, std::move(rivals.who), {});
            m_report.refused.back().position = position;
            return false;
        }
        act(holder, view, position, !rivals.who.empty());
        return true;
    }

    // Who else may own the position.
    Rivals rivalsFor(const Participant& holder, std::uint64_t position) {
        Rivals rivals;
        pay(m_segment.rosterEntryCount());
        for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
            const auto other = index == holder.entry ? std::nullopt : participantAt(index);
            if (!other || !other->isConfirmed || other->role != holder.role ||
                other->channel != holder.channel) {
                continue;
            }
            const auto intent = readIntent(m_segment.rosterEntries()[index]);
            if (!intent || !intent->covers(position) || !isStill(*other)) {
                continue;
            }
            if (intent->isClaimed) {
                return {true, {}};
            }
            pay(kCostOfLiveness);
            const Liveness liveness = livenessOf(*other);
            if (liveness != Liveness::dead) {
                rivals.who.push_back({other->process.pid, other->thread.tid, liveness});
            }
        }
        for (const std::int32_t pid : outsiders()) {
            rivals.who.push_back({pid, 0, Liveness::alive});
        }
        return rivals;
    }

    // Processes that map the segment and are not in its roster: DMXP's clients. The creator and we
    // ourselves are of Ringscope and claim nothing without an entry. A pid makes nobody known that
    // is another's by now, or of another pid namespace.
    const std::vector<std::int32_t>& outsiders() {
        if (!m_outsiders) {
            pay(kCostOfMappers + std::uint64_t{m_segment.rosterEntryCount()} * kCostOfLiveness);
            std::set<std::int32_t> known{::getpid()};
            const auto add = [&](const ProcessIdentity& process) {
                const Liveness liveness = livenessOf(process);
                if (liveness == Liveness::alive || liveness == Liveness::stopped) {
                    known.insert(process.pid);
                }
            };
            add(m_segment.geometry().creator);
            for (std::uint32_t index = 0; index < m_segment.rosterEntryCount(); ++index) {
                if (const auto one = participantAt(index); one && one->isConfirmed) {
                    add(one->process);
                }
            }
            m_outsiders.emplace();
            const SegmentMappers mappers = readSegmentMappers();
            if (const auto found = mappers.find(m_segment.file()); found != mappers.end()) {
                std::copy_if(found->second.begin(), found->second.end(),
                             std::back_inserter(*m_outsiders),
                             [&](std::int32_t pid) { return known.count(pid) == 0; });
            }
        }
        return *m_outsiders;
    }

    void act(const Participant& holder, const ChannelView& view, std::uint64_t position,
             bool isForced) {
        if (m_options.isDryRun && !m_given.emplace(view.index, position).second) {
            return; // what a repair has given back is not there a second time
        }
        layout::SlotHeader* const slot = view.slot(position);
        const bool isProducer = holder.role == layout::Role::producer;
        RepairedSlot done;
        done.holder = holder;
        done.position = position;
        done.slot = position & view.mask;
        done.wasClaimed = holder.isClaimed;
        done.isForced = isForced;
        if (!isProducer) {
            const layout::MessageMetadata& message = slot->metadata;
            done.messageId = message.messageId;
            done.senderPid = message.senderPid;
            done.isLost =
                !layout::isTombstone(message.flags, message.messageType, message.payloadLength);
        }
        if (m_options.isDryRun || giveBack(view, slot, done,
                                           isProducer    ? layout::kActPublishTombstone
                                           : done.isLost ? layout::kActRelease
                                                         : layout::kActReleaseTombstone)) {
            m_report.slots.push_back(done);
        }
    }

    // False: its owner was quicker, which only a forced repair meets.
    bool giveBack(const ChannelView& view, layout::SlotHeader* slot, const RepairedSlot& what,
                  std::uint32_t kind) noexcept {
        const bool isProducer = kind == layout::kActPublishTombstone;
        m_header.journalPosition = what.position;
        m_header.journalMessageId = what.messageId;
        m_header.journalCount = countOf(view, kind) + 1;
        shared(m_header.journalAct)
            .store(layout::packAct(kind, view.index), std::memory_order_release);
        if (isProducer) {
            slot->metadata = layout::tombstone(view.channelId);
        }
        std::uint64_t held = isProducer ? what.position : what.position + 1;
        const std::uint64_t next = isProducer ? what.position + 1 : what.position + view.capacity();
        const bool isDone =
            shared(slot->sequence).compare_exchange_strong(held, next, std::memory_order_acq_rel);
        if (isDone) {
            storeCount(view, kind, m_header.journalCount);
        }
        shared(m_header.journalAct).store(0, std::memory_order_release);
        if (isProducer) {
            detail::messagePublished(view);
        } else if (shared(view.shared->producersAsleep).load(kRelaxed) != 0) {
            detail::wakeProducer(*view.shared);
        }
        return isDone;
    }

    [[nodiscard]] static std::uint64_t countOf(const ChannelView& view,
                                               std::uint32_t kind) noexcept {
        return kind == layout::kActPublishTombstone ? view.shared->tombstonesByRepair
                                                    : view.shared->lostByRepair;
    }
    static void storeCount(const ChannelView& view, std::uint32_t kind,
                           std::uint64_t count) noexcept {
        if (kind == layout::kActPublishTombstone) {
            shared(view.shared->tombstonesByRepair).store(count, std::memory_order_release);
        } else if (kind == layout::kActRelease) {
            shared(view.shared->lostByRepair).store(count, std::memory_order_release);
        }
    }

    void pay(std::uint64_t cost) noexcept { m_budget -= std::min(m_budget, cost); }

    void refuse(const Participant& holder, std::vector<RepairRival> waitsFor, std::string reason) {
        m_report.refused.push_back(
            {holder, holder.intentFirst, std::move(waitsFor), std::move(reason)});
    }

    const Segment& m_segment;
    const RepairOptions& m_options;
    layout::Header& m_header;
    RepairReport m_report;
    std::uint64_t m_budget = 0;                                // of the pass
    std::set<std::pair<std::uint32_t, std::uint64_t>> m_given; // in a dry run; channel, position
    std::optional<std::vector<std::int32_t>> m_outsiders;
};

std::string rivalsText(const std::vector<RepairRival>& rivals) {
    std::string text;
    for (const RepairRival& one : rivals) {
        text += (text.empty() ? "" : ", ") + std::string("pid ") + std::to_string(one.pid);
        if (one.tid == 0) {
            text += " (not registered)";
        } else if (one.liveness == Liveness::stopped) {
            text += " thread " + std::to_string(one.tid) + " (stopped)";
        } else {
            text += " thread " + std::to_string(one.tid);
        }
    }
    return text;
}

// Somebody who runs leaves the instructions around its claim by itself.
bool isWorthWaiting(const RepairReport& report) {
    return std::any_of(report.refused.begin(), report.refused.end(), [](const auto& refused) {
        return std::any_of(refused.waitsFor.begin(), refused.waitsFor.end(), [](const auto& one) {
            return one.tid != 0 && one.liveness == Liveness::alive;
        });
    });
}

void append(RepairReport& whole, const RepairReport& part) {
    whole.slots.insert(whole.slots.end(), part.slots.begin(), part.slots.end());
    whole.refused = part.refused;
    whole.deadParticipants = std::max(whole.deadParticipants, part.deadParticipants);
    whole.entriesFreed += part.entriesFreed;
    whole.tombstonesInAll = part.tombstonesInAll;
    whole.lostInAll = part.lostInAll;
}

} // namespace

Expected<RepairReport> repairRing(const Segment& segment, const RepairOptions& options) {
    if (segment.rosterEntries() == nullptr) {
        return makeError(ErrorKind::failed,
                         "ring segment " + segment.name() +
                             ": DMXP created it, so it has no roster that tells who holds a slot, "
                             "and nothing can be repaired; create it with Ringscope for that");
    }
    std::optional<RepairLock> lock;
    Repair repair(segment, options);
    if (!options.isDryRun) {
        auto taken = RepairLock::take(segment, options.patience);
        if (!taken) {
            return taken.error();
        }
        lock = std::move(*taken);
        repair.finishJournal();
    }
    const std::int64_t deadline = monotonicNs() + options.patience.count() * kNsPerMs;
    RepairReport report = repair.pass();
    while (isWorthWaiting(report) && !options.isDryRun && monotonicNs() < deadline) {
        const timespec pause{0, kNsPerMs};
        ::nanosleep(&pause, nullptr);
        append(report, repair.pass());
    }
    for (RefusedRepair& refused : report.refused) {
        if (refused.reason.empty()) {
            refused.reason = "it died in the few instructions around its claim, and " +
                             rivalsText(refused.waitsFor) +
                             " may own the slot; end or continue those, and repair again";
        }
    }
    return report;
}

} // namespace ringscope
