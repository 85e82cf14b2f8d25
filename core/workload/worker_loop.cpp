// SPDX-License-Identifier: MIT
#include "core/workload/worker_loop.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "core/base/clock.h"
#include "core/ring/copy_bytes.h"
#include "core/workload/fault_injector.h"
#include "core/workload/heap_load.h"
#include "core/workload/message_body.h"
#include "core/workload/payload_pattern.h"
#include "core/workload/payload_sizes.h"
#include "core/workload/rate_pacer.h"
#include "core/workload/receipt_recorder.h"
#include "core/workload/worker_ends.h"
#include "core/workload/worker_orders.h"

namespace ringscope {

static_assert(kMaxMessagesPerBatch == kMaxBatch,
              "scenario.h is seen by widgets, which the ring is not");
static_assert(kMinPayloadBytes == sizeof(MessageStamp));

namespace {

using layout::RunCommand;

constexpr std::int64_t kRosterRetryNs = 2 * kNsPerMs;

template <typename Counter>
void bump(Counter& counter, Counter by) noexcept {
    // Relaxed: one writer, and readers take each number for itself.
    std::atomic_ref<Counter>(counter).store(counter + by, std::memory_order_relaxed);
}

void show(std::uint64_t& word, std::uint64_t value) noexcept {
    std::atomic_ref<std::uint64_t>(word).store(value, std::memory_order_relaxed);
}

// One worker: what producers and consumers have in common, and both their loops.
class Worker {
public:
    explicit Worker(const WorkerPlace& place)
        : m_place(place)
        , m_plan(place.board->plan())
        , m_board(place.board->worker(place.worker))
        , m_orders(place.board->control(), m_board, *place.mustLeave)
        , m_isProducer(place.worker < m_plan.producers)
        , m_index(m_isProducer ? place.worker : place.worker - m_plan.producers)
        , m_sizes(m_plan, place.worker)
        , m_pattern(m_plan, place.worker)
        , m_receipts(m_board, place.area, m_plan)
        , m_heap(m_plan, m_plan.heapUser == HeapUser::both ||
                             (m_plan.heapUser == HeapUser::producers) == m_isProducer)
        , m_random(m_plan.seed, place.worker + 0x30000)
        , m_faults(m_plan, place.worker, m_board, m_orders)
        , m_rejoins(m_board.rejoins)
        , m_ends(*place.segment, m_plan, place.worker)
        , m_stallEveryNs(!m_isProducer && m_index < m_plan.stallConsumers ? m_plan.stallEveryNs
                                                                          : 0) {}

    Expected<void> join();
    // False: it was told to stop while it waited for a place.
    [[nodiscard]] bool hasJoined() const noexcept { return m_ends.hasJoined(); }
    void run();
    [[nodiscard]] std::int64_t startDelayNs() noexcept {
        return m_board.life != 0 || m_plan.startWithinNs == 0
                   ? 0
                   : static_cast<std::int64_t>(
                         m_random.between(0, static_cast<std::uint64_t>(m_plan.startWithinNs)));
    }

private:
    bool rejoinIfTold();
    [[nodiscard]] std::int64_t paceFromNs() const noexcept;
    [[nodiscard]] std::uint64_t messagesLeft() const noexcept;
    void produce();
    void consume();
    void initiate(); // ping-pong, producers
    void echo();     // ping-pong, consumers

    bool waitForTurn(RatePacer& pacer, std::uint32_t wanted);
    template <typename IsOver>
    bool send(SendingEnd& end, std::uint32_t count, IsOver&& isOver);
    template <typename Reservation>
    void publish(SendingEnd& end, Reservation& reservation);
    [[nodiscard]] std::int64_t stampOf(std::uint32_t index) noexcept;
    // False: the channel is empty.
    bool receive(ReceivingEnd& end);
    void accept(ReceivingEnd& end, const MessageView& message);
    [[nodiscard]] bool isForeign(const ReceivedHeader& header) const noexcept;
    void work() noexcept;
    void stallIfDue() noexcept;
    void waitForMessages(ReceivingEnd& end) noexcept;
    void stopWaiting() noexcept;

    const WorkerPlace& m_place;
    const layout::RunPlan& m_plan;
    layout::WorkerBoard& m_board;
    WorkerOrders m_orders;
    bool m_isProducer;
    std::uint32_t m_index;
    PayloadSizes m_sizes;
    PayloadPattern m_pattern;
    ReceiptRecorder m_receipts;
    HeapLoad m_heap;
    WorkerRandom m_random;
    FaultInjector m_faults;
    std::uint32_t m_rejoins; // orders to leave and join again that were obeyed
    WorkerEnds m_ends;
    std::vector<SendingEnd>& m_sending = m_ends.sending();
    std::vector<ReceivingEnd>& m_receiving = m_ends.receiving();

    std::int64_t m_intended[kMaxBatch] = {}; // of the batch in hand; 0 = as fast as possible
    std::uint32_t m_untilStamp = 1;
    std::int64_t m_lastNowNs = 0;
    std::int64_t m_echoStampNs = 0; // ping-pong: stamp of the message being answered
    std::int64_t m_stallEveryNs;
    std::int64_t m_nextStallNs = 0;
    ReceivingEnd* m_waitingOn = nullptr;
};

Expected<void> Worker::join() {
    if (!m_pattern.isThere()) {
        return systemError(ErrorKind::failed, "no memory for the worker's payload", ENOMEM);
    }
    auto joined = m_ends.join();
    if (joined || m_plan.waitsForRoster == 0) {
        return joined;
    }
    bump(m_board.rosterWaits, 1U);
    while (!joined && joined.error().kind == ErrorKind::failed && !m_orders.isStopping()) {
        WorkerOrders::sleepFor(kRosterRetryNs);
        joined = m_ends.join();
    }
    return m_orders.isStopping() ? Expected<void>() : joined;
}

// False: there is no place for it any more.
bool Worker::rejoinIfTold() {
    const std::uint32_t told =
        std::atomic_ref<std::uint32_t>(m_board.rejoins).load(std::memory_order_relaxed);
    if (told == m_rejoins) {
        return true;
    }
    m_rejoins = told;
    if (m_waitingOn != nullptr) {
        stopWaiting();
    }
    m_ends.leave();
    return join() && hasJoined();
}

void Worker::run() {
    m_nextStallNs = m_orders.startNs() + m_stallEveryNs;
    if (m_plan.isPingPong()) {
        m_isProducer ? initiate() : echo();
    } else {
        m_isProducer ? produce() : consume();
    }
}

std::int64_t Worker::stampOf(std::uint32_t index) noexcept {
    if (m_plan.latencyOneIn == 0 || --m_untilStamp != 0) {
        return 0;
    }
    m_untilStamp = m_plan.latencyOneIn;
    return m_intended[index] != 0 ? m_intended[index] : monotonicNs();
}

template <typename Reservation>
void Worker::publish(SendingEnd& end, Reservation& reservation) {
    m_faults.at(FaultPoint::afterClaim, reservation.size());
    layout::SenderRecord& record = m_place.area.senders[end.channel];
    const std::uint64_t first = record.sent;
    std::uint64_t bytes = 0;
    for (std::uint32_t index = 0; index < reservation.size(); ++index) {
        const std::uint64_t sequence = first + index;
        const std::uint32_t length = m_sizes.next();
        const std::span<std::byte> payload = reservation.payload(index).first(length);
        copyBytes(payload.data(), m_pattern.of(sequence), length);
        const std::int64_t sentNs = m_echoStampNs != 0 ? m_echoStampNs : stampOf(index);
        sealMessage(payload, {sequence, sentNs, static_cast<std::uint16_t>(m_place.worker),
                              static_cast<std::uint16_t>(end.channel), 0});
        MessageHeader header;
        header.messageId = messageIdOf(m_place.worker, sequence);
        header.messageType = m_plan.messageType;
        header.timestampNs = sentNs != 0 ? static_cast<std::uint64_t>(wallClockNs()) : 0;
        reservation.write(index, header, length);
        bytes += length;
    }
    m_orders.dieIfPlanned();
    m_faults.at(FaultPoint::afterWrite, reservation.size());
    if (m_heap.isActive()) {
        for (std::uint32_t index = 0; index < reservation.size(); ++index) {
            m_heap.onMessage();
        }
    }
    const std::uint32_t count = reservation.size();
    const std::uint64_t position = reservation.position(0);
    // In this order, so that after a kill the run can tell what was published (SenderRecord).
    show(record.batchPosition, position);
    show(record.batchCount, count);
    std::atomic_ref<std::uint64_t>(record.batchSequence).store(first, std::memory_order_release);
    reservation.commit();
    m_faults.at(FaultPoint::afterPublish, count);
    std::atomic_ref<std::uint64_t>(record.sent).store(first + count, std::memory_order_release);
    bump(m_board.sent, std::uint64_t{count});
    bump(m_board.bytes, bytes);
    show(m_board.lastPosition, position + count - 1);
}

template <typename IsOver>
bool Worker::send(SendingEnd& end, std::uint32_t count, IsOver&& isOver) {
    m_faults.at(FaultPoint::beforeClaim, count);
    {
        auto reservation = end.producer.try_reserve_batch(count);
        if (reservation) {
            publish(end, reservation);
            return true;
        }
    }
    end.waiter.begin();
    bump(m_board.fullWaits, std::uint64_t{1});
    while (!isOver()) {
        end.waiter.pause();
        auto reservation = end.producer.try_reserve_batch(count);
        if (reservation) {
            end.waiter.end();
            publish(end, reservation);
            return true;
        }
    }
    end.waiter.end();
    return false;
}

bool Worker::waitForTurn(RatePacer& pacer, std::uint32_t wanted) {
    const auto isOver = [this] { return m_orders.isStopping(); };
    if (!pacer.hasTimes()) {
        if (pacer.hasSilences()) {
            const std::int64_t now = monotonicNs();
            m_orders.sleepUntil(pacer.openFrom(now), isOver);
        }
        return !isOver();
    }
    // A batch goes when its last message is due.
    for (std::uint32_t index = 0; index < wanted; ++index) {
        m_intended[index] = pacer.next();
    }
    const std::int64_t dueNs = m_intended[wanted - 1];
    if (dueNs > m_lastNowNs) {
        m_lastNowNs = monotonicNs();
        if (dueNs > m_lastNowNs) {
            m_orders.sleepUntil(dueNs, isOver);
            m_lastNowNs = dueNs;
        }
    }
    return !isOver();
}

// Who starts late, or once more, has nothing to catch up with.
std::int64_t Worker::paceFromNs() const noexcept {
    return m_board.life != 0 || m_plan.startWithinNs != 0 ? monotonicNs() : m_orders.startNs();
}

// Each producer's part of the message count, less what it sent in an earlier life; the first ones
// take what does not divide.
std::uint64_t Worker::messagesLeft() const noexcept {
    if (m_plan.messages == 0) {
        return ~std::uint64_t{0};
    }
    const std::uint64_t part =
        m_plan.messages / m_plan.producers + (m_index < m_plan.messages % m_plan.producers ? 1 : 0);
    std::uint64_t sent = 0;
    for (std::uint32_t channel = 0; channel < m_plan.channels; ++channel) {
        sent += m_place.area.senders[channel].sent;
    }
    return part - std::min(part, sent);
}

void Worker::produce() {
    const auto isOver = [this] { return m_orders.isStopping(); };
    RatePacer pacer(m_plan, m_index, paceFromNs());
    std::uint64_t left = messagesLeft();
    std::size_t turn = m_index % m_sending.size();
    while (left > 0) {
        const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, m_plan.batch));
        if (!waitForTurn(pacer, wanted) || (m_plan.churns != 0 && !rejoinIfTold())) {
            return;
        }
        // The ring may have room for a part of the batch only: the rest follows.
        for (std::uint32_t done = 0; done < wanted;) {
            const std::uint64_t before = m_board.sent;
            if (!send(m_sending[turn], wanted - done, isOver)) {
                return;
            }
            const auto came = static_cast<std::uint32_t>(m_board.sent - before);
            done += came;
            std::copy(m_intended + came, m_intended + kMaxBatch, m_intended);
        }
        left -= wanted;
        turn = turn + 1 < m_sending.size() ? turn + 1 : 0;
    }
}

void Worker::work() noexcept {
    std::int64_t ns = 0;
    switch (m_plan.workTime) {
    case WorkTime::none:
        return;
    case WorkTime::fixed:
        ns = m_plan.workNs;
        break;
    case WorkTime::uniform:
        ns = static_cast<std::int64_t>(
            m_random.between(static_cast<std::uint64_t>(m_plan.workMinNs),
                             static_cast<std::uint64_t>(m_plan.workMaxNs)));
        break;
    case WorkTime::exponential:
        ns = static_cast<std::int64_t>(m_random.exponential() * static_cast<double>(m_plan.workNs));
        break;
    }
    const std::int64_t untilNs = monotonicNs() + ns;
    if (m_plan.workStyle == WorkStyle::sleep) {
        m_orders.sleepUntil(untilNs, [this] { return m_orders.isLeaving(); });
        return;
    }
    while (monotonicNs() < untilNs && !m_orders.isLeaving()) {
    }
}

void Worker::stallIfDue() noexcept {
    if (m_stallEveryNs == 0) {
        return;
    }
    const std::int64_t now = monotonicNs();
    if (now < m_nextStallNs) {
        return;
    }
    m_orders.sleepUntil(now + m_plan.stallForNs, [this] { return m_orders.isLeaving(); });
    m_nextStallNs = now + m_stallEveryNs;
}

// By its type alone: of a producer that died and was replaced, the pid is another one.
bool Worker::isForeign(const ReceivedHeader& header) const noexcept {
    return m_plan.isShared != 0 && header.messageType != m_plan.messageType;
}

void Worker::accept(ReceivingEnd& end, const MessageView& message) {
    if (isForeign(message.header)) {
        if (m_heap.isActive()) {
            m_heap.onMessage();
        }
        work();
        m_orders.dieIfPlanned();
        bump(m_board.foreign, std::uint64_t{1});
        bump(m_board.bytes, std::uint64_t{message.payload.size()});
        show(m_board.lastPosition, message.header.position);
        return;
    }
    MessageStamp stamp;
    const bool isWhole = openMessage(message.payload, &stamp);
    if (stamp.sentNs != 0 && isWhole && m_orders.isMeasured(stamp.sentNs) &&
        !(m_plan.isPingPong() && !m_isProducer)) {
        // A round trip is measured where it ends. A stamp may lie a little ahead of a clock of
        // another core: never below 0.
        const std::int64_t latencyNs = monotonicNs() - stamp.sentNs;
        m_place.area.latency->record(
            static_cast<std::uint64_t>(std::max<std::int64_t>(latencyNs, 0)));
    }
    m_echoStampNs = stamp.sentNs;
    if (m_heap.isActive()) {
        m_heap.onMessage();
    }
    work();
    m_orders.dieIfPlanned();

    const std::uint32_t idSender = senderOfMessageId(message.header.messageId);
    const std::uint64_t idSequence = sequenceOfMessageId(message.header.messageId);
    const bool isNamed = isWhole ? stamp.channel == end.channel
                                 : stamp.sender == idSender && stamp.sequence == idSequence &&
                                       stamp.channel == end.channel;
    const bool isRecorded =
        isNamed && m_receipts.record(stamp.sender, stamp.channel, stamp.sequence);
    // What the slot's header says is checked as well: the payload's checksum does not cover it.
    const bool isHeaderRight =
        message.header.messageId == messageIdOf(stamp.sender, stamp.sequence);
    if (!isWhole || !isHeaderRight || !isRecorded) {
        bump(m_board.corrupted, std::uint64_t{1});
    }
    if (!isRecorded) {
        bump(m_board.unidentified, std::uint64_t{1});
    }
    bump(m_board.received, std::uint64_t{1});
    bump(m_board.bytes, std::uint64_t{message.payload.size()});
    show(m_board.lastPosition, message.header.position);
}

bool Worker::receive(ReceivingEnd& end) {
    auto peek = end.consumer.try_peek_batch(m_plan.batch);
    if (!peek) {
        return false;
    }
    if (m_waitingOn != nullptr) {
        stopWaiting();
    }
    if (m_plan.stallHolds != 0) {
        stallIfDue();
    }
    const std::uint32_t count = peek.size();
    m_faults.at(FaultPoint::afterClaim, count);
    for (std::uint32_t index = 0; index < count; ++index) {
        accept(end, peek.message(index));
    }
    m_faults.at(FaultPoint::beforeRelease, count);
    peek.release();
    m_faults.at(FaultPoint::beforeClaim, count); // of the next: an empty ring has no messages
    if (m_plan.stallHolds == 0) {
        stallIfDue();
    }
    const std::uint64_t skipped = end.consumer.tombstonesSkipped();
    if (skipped != end.tombstones) {
        bump(m_board.tombstones, skipped - end.tombstones);
        end.tombstones = skipped;
    }
    return true;
}

// One wait lasts until a message comes, whichever of the channels it comes by.
void Worker::waitForMessages(ReceivingEnd& end) noexcept {
    if (m_waitingOn == nullptr) {
        end.waiter.begin();
        m_waitingOn = &end;
        bump(m_board.emptyWaits, std::uint64_t{1});
    }
    m_waitingOn->waiter.pause();
}

void Worker::stopWaiting() noexcept {
    m_waitingOn->waiter.end();
    m_waitingOn = nullptr;
}

void Worker::consume() {
    std::size_t turn = m_index % m_receiving.size();
    std::size_t emptyInARow = 0;
    while (!m_orders.isLeaving() && (m_plan.churns == 0 || rejoinIfTold())) {
        // Asked before looking: what producers published before they went is found afterwards.
        const bool isDraining = m_orders.isDraining();
        if (receive(m_receiving[turn])) {
            emptyInARow = 0;
        } else if (++emptyInARow >= m_receiving.size()) {
            if (isDraining) {
                return;
            }
            emptyInARow = 0;
            waitForMessages(m_receiving[turn]);
        }
        turn = turn + 1 < m_receiving.size() ? turn + 1 : 0;
    }
}

void Worker::initiate() {
    const auto isStopping = [this] { return m_orders.isStopping(); };
    std::uint64_t left = m_plan.messages == 0 ? ~std::uint64_t{0} : m_plan.messages;
    while (left > 0 && !m_orders.isStopping()) {
        const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, m_plan.batch));
        const std::uint64_t sentBefore = m_board.sent;
        const std::uint64_t receivedBefore = m_board.received;
        m_echoStampNs = 0;
        if (!send(m_sending[0], wanted, isStopping)) {
            return;
        }
        const std::uint64_t sent = m_board.sent - sentBefore;
        left -= sent;
        while (m_board.received - receivedBefore < sent && !m_orders.isLeaving()) {
            if (!receive(m_receiving[0])) {
                waitForMessages(m_receiving[0]);
            }
        }
    }
}

void Worker::echo() {
    const auto isLeaving = [this] { return m_orders.isLeaving(); };
    std::size_t turn = 0;
    std::size_t emptyInARow = 0;
    while (!m_orders.isLeaving()) {
        const bool isDraining = m_orders.isDraining();
        const std::uint64_t before = m_board.received;
        if (receive(m_receiving[turn])) {
            emptyInARow = 0;
            for (std::uint64_t owed = m_board.received - before; owed > 0;) {
                const std::uint64_t sentBefore = m_board.sent;
                if (!send(m_sending[turn], static_cast<std::uint32_t>(owed), isLeaving)) {
                    return;
                }
                owed -= m_board.sent - sentBefore;
            }
        } else if (++emptyInARow >= m_receiving.size()) {
            if (isDraining) {
                return;
            }
            emptyInARow = 0;
            waitForMessages(m_receiving[turn]);
        }
        turn = turn + 1 < m_receiving.size() ? turn + 1 : 0;
    }
}

Expected<void> pin(const layout::RunPlan& plan, std::uint32_t worker) {
    if (plan.cpuCount == 0) {
        return {};
    }
    const std::uint16_t cpu = plan.cpus[worker % plan.cpuCount];
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof(set), &set) != 0) {
        return systemError(ErrorKind::failed,
                           "a worker cannot be pinned to processor " + std::to_string(cpu) +
                               " of workers.cpus",
                           errno);
    }
    return {};
}

} // namespace

std::string workerName(const layout::RunPlan& plan, std::uint32_t worker) {
    return worker < plan.producers ? "producer-" + std::to_string(worker)
                                   : "consumer-" + std::to_string(worker - plan.producers);
}

Expected<void> runWorker(const WorkerPlace& place) {
    const layout::RunPlan& plan = place.board->plan();
    layout::WorkerBoard& board = place.board->worker(place.worker);
    const auto setPhase = [&board](layout::WorkerPhase phase) {
        // Release: pairs with the run's reading of the board, ordered by the kernel.
        std::atomic_ref<std::uint32_t>(board.phase)
            .store(static_cast<std::uint32_t>(phase), std::memory_order_release);
    };
    ::prctl(PR_SET_NAME, workerName(plan, place.worker).c_str());
    ::prctl(PR_SET_TIMERSLACK, 1UL); // intended send times are met to the microsecond
    std::atomic_ref<std::int32_t>(board.pid).store(::getpid(), std::memory_order_relaxed);
    std::atomic_ref<std::int32_t>(board.tid).store(static_cast<std::int32_t>(::syscall(SYS_gettid)),
                                                   std::memory_order_relaxed);
    if (auto pinned = pin(plan, place.worker); !pinned) {
        return pinned;
    }
    Worker worker(place);
    // Who may have to wait for its place does so while the others run.
    const bool joinsLate = plan.startWithinNs != 0 || plan.waitsForRoster != 0;
    if (!joinsLate) {
        if (auto joined = worker.join(); !joined) {
            return joined;
        }
    }
    setPhase(layout::WorkerPhase::ready);
    const WorkerOrders orders(place.board->control(), place.board->worker(place.worker),
                              *place.mustLeave);
    while (orders.command() < RunCommand::run && !orders.isLeaving()) {
        WorkerOrders::sleepFor(200 * kNsPerUs);
    }
    if (!orders.isLeaving()) {
        setPhase(layout::WorkerPhase::running);
        if (joinsLate) {
            const std::int64_t joinAtNs = orders.startNs() + worker.startDelayNs();
            orders.sleepUntil(joinAtNs, [&] { return orders.isStopping(); });
            if (auto joined = worker.join(); !joined) {
                return joined;
            }
        }
        if (worker.hasJoined()) {
            worker.run();
        }
    }
    setPhase(layout::WorkerPhase::done);
    return {};
}

} // namespace ringscope
