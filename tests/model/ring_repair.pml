// SPDX-License-Identifier: MIT
// Claim, death and repair of the ring (docs/ring.md, docs/ring-abi.md), for spin. One step is one access to shared
// memory, as the code makes it: core/ring/channel_end.h, roster.cpp and repair.cpp. Steps interleave in every order that is
// sequentially consistent; that the code's acquire and release give no weaker order is argued there, not here.
//
// Anybody may stand still at any step for ever (stopped, slow), and die before any of its stores: to have died between two
// loads is the same to all others. atomic joins an access with local work and with ghosts, which only assertions read.
// tests/model/check-model runs the configurations, and the mutants (-DMUTANT_x), which must fail.

#ifndef CAPACITY
#define CAPACITY 2
#endif
#ifndef PRODUCERS
#define PRODUCERS 2   // registered, with a place in the roster from the start
#endif
#ifndef CONSUMERS
#define CONSUMERS 1
#endif
#ifndef JOINER
#define JOINER 0      // role of one more participant, that joins while the others run; 0 = there is none
#endif
#ifndef ENTRIES
#define ENTRIES (PRODUCERS + CONSUMERS)   // of the roster
#endif
#ifndef CLAIMS
#define CLAIMS 2      // claims that each participant tries
#endif
#ifndef BATCH
#define BATCH 1       // positions a producer claims at most
#endif
#ifndef CONSUMER_BATCH
#define CONSUMER_BATCH 1
#endif
#ifndef DMXP
#define DMXP 0        // claims that a DMXP producer tries: it maps the ring and is not in its roster
#endif
#ifndef REPAIRERS
#define REPAIRERS 1   // that run beside everybody else; one more looks when all have ended
#endif
#ifndef DEATHS
#define DEATHS 1      // of participants
#endif
#ifndef REPAIRER_DEATHS
#define REPAIRER_DEATHS 0
#endif
#ifndef DMXP_REUSES_PID
#define DMXP_REUSES_PID 0   // 1: DMXP may have got the pid of the first participant, once that is dead
#endif

#define PRODUCER 1
#define CONSUMER 2
#if JOINER
#define PARTICIPANTS (PRODUCERS + CONSUMERS + 1)                // their tickets are 1, 2, ...
#else
#define PARTICIPANTS (PRODUCERS + CONSUMERS)
#endif
#define DMXP_ID (PARTICIPANTS + 1)
#define FIRST_REPAIRER (PARTICIPANTS + 2)
#define LAST_REPAIRER (FIRST_REPAIRER + REPAIRERS)              // looks when all have ended
#define IDS (LAST_REPAIRER + 1)

#define SLOT(position) ((position) % CAPACITY)
#define CLAIMED 8                     // bit of an intent
#define COUNT(word) ((word) & 7)
#define COVERS(from, word, position) ((from) <= (position) && (position) < (from) + COUNT(word))
#define TOMBSTONE 255                 // in a slot; a message is its position + 1

// The segment.
byte sequence[CAPACITY];
byte message[CAPACITY];
byte cursor[2];                       // tail, head
byte owner[ENTRIES], confirmed[ENTRIES], who[ENTRIES], role[ENTRIES], first[ENTRIES], intent[ENTRIES];
byte journalAct, journalPosition, journalCount;   // act: role whose slot is given back; 3 = a tombstone released
byte counter[2];                      // tombstones, lost

// The kernel.
bit alive[IDS];
byte repairLock;                      // its holder; dropped at its death
bit dmxpMaps;
byte dmxpPid = DMXP_ID;
byte deaths = DEATHS, repairerDeaths = REPAIRER_DEATHS;   // still to come
byte participantsLeft, repairersLeft;

// Ghosts.
byte holder[CAPACITY];                // who won the slot's position
byte content[CAPACITY];               // 0, 1 = a message that was sent, TOMBSTONE
byte acts[2];                         // as counter, but exact
byte sent, received;

// --- A claim: ChannelEnd. r is the role, p the first position, n the count, e the roster entry or NO_ENTRY.
#define NO_ENTRY 200
#define HELD(r, position) ((position) + (r) - 1)
#define PASSED(r, position) ((r) == PRODUCER -> (position) + 1 : (position) + CAPACITY)

inline end() {
    alive[me] = 0; participantsLeft--;
    p = 0; n = 0; i = 0; e = 0; claims = 0; isWon = false; isRecorded = false; isLooking = false
}

// SIGKILL.
#define DIES if :: deaths > 0 && me != DMXP_ID -> deaths--; end(); goto ended :: true fi

inline takeCursor() {   // the CAS
    isWon = (cursor[r - 1] == p);
    if
    :: isWon ->
        cursor[r - 1] = p + n;
        i = 0;
        do
        :: i < n ->
            assert(holder[SLOT(p + i)] == 0);           // nobody else holds it
            holder[SLOT(p + i)] = me;
            i++
        :: else -> i = 0; break
        od
    :: else -> p = cursor[r - 1]
    fi;
    isLooking = !isWon
}

inline pass() {         // position p + i: one release store; the slot is still ours and as we left it
    assert(holder[SLOT(p + i)] == me && sequence[SLOT(p + i)] == HELD(r, p + i));
    sequence[SLOT(p + i)] = PASSED(r, p + i);
    holder[SLOT(p + i)] = 0;
    if
    :: r == PRODUCER ->
        assert(content[SLOT(p + i)] == 0);
        message[SLOT(p + i)] = p + i + 1;               // fill(): nobody reads it before
        content[SLOT(p + i)] = 1;
        sent++
    :: else ->
        assert(content[SLOT(p + i)] != 0);
        received = received + (content[SLOT(p + i)] == 1);
        content[SLOT(p + i)] = 0
    fi;
    i++
}

inline storeIntent(word) {
    assert(owner[e] == me);                             // nobody else may store there
    intent[e] = word
}

inline claimAndPass(most) {
    p = cursor[r - 1];
    isLooking = true;
    do
    :: isLooking ->
        n = 0;
        do                                              // claimableFrom()
        :: atomic { n < most && sequence[SLOT(p + n)] == HELD(r, p + n) -> n++ }
        :: n < most && sequence[SLOT(p + n)] != HELD(r, p + n) -> break
        :: n >= most -> break
        od;
        if
        :: n == 0 -> atomic { isLooking = (cursor[r - 1] != p); p = cursor[r - 1] }
        :: else ->
#ifndef MUTANT_INTENT_AFTER_CAS
            if
            :: e != NO_ENTRY ->
                atomic { DIES; first[e] = p; isRecorded = true };
                atomic { DIES; storeIntent(n) }
            :: else
            fi;
#endif
            atomic { DIES; takeCursor() };
#ifdef MUTANT_INTENT_AFTER_CAS
            if
            :: isWon && e != NO_ENTRY -> atomic { DIES; first[e] = p; isRecorded = true }
            :: else
            fi
#endif
        fi
    :: else -> break
    od;
    if
    :: isWon ->
        if
        :: e != NO_ENTRY ->
            atomic { DIES; assert(first[e] == p); storeIntent(n | CLAIMED) }
        :: else
        fi;
#ifdef MUTANT_CLEARS_BEFORE_PASS
        atomic { DIES; storeIntent(0) };
#endif
        do
        :: i < n ->
            if                                          // viewOf(): what the producer stored, or a tombstone
            :: r == CONSUMER -> assert(message[SLOT(p + i)] == (content[SLOT(p + i)] == 1 -> p + i + 1 : TOMBSTONE))
            :: else
            fi;
            atomic { DIES; pass() }
        :: else -> break
        od
    :: else
    fi;
    if
    :: isRecorded -> atomic { DIES; storeIntent(0) }    // clearIntent()
    :: else
    fi;
    atomic { p = 0; n = 0; i = 0; isWon = false; isRecorded = false }
}

// --- The roster: RosterSeat. A joiner takes a free entry, or one that was left behind with a clear intent.
inline tryTake(expected) {
    isWon = (owner[e] == expected);
    if
    :: isWon -> owner[e] = me
    :: else
    fi
}

inline join() {
    e = 0;
    do
    :: e < ENTRIES && !isWon ->
        atomic { DIES; tryTake(0); e = e + !isWon }
    :: else -> break
    od;
    if
    :: !isWon -> e = 0
    :: else
    fi;
    do
    :: e < ENTRIES && !isWon ->
        p = owner[e];                                   // isLeftBehind()
        n = confirmed[e];
        i = who[e];
        if
        :: p != 0 && n == p && !alive[i] ->
            if
#ifndef MUTANT_TAKES_OVER_AN_INTENT
            :: intent[e] != 0
#endif
            :: intent[e] == 0 -> atomic { DIES; tryTake(p) }
#ifdef MUTANT_TAKES_OVER_AN_INTENT
            :: intent[e] != 0 -> atomic { DIES; tryTake(p) }
#endif
            fi
        :: else
        fi;
        e = e + !isWon
    :: else -> break
    od;
    if
    :: !isWon -> atomic { end(); goto ended }           // the roster is full: refused
    :: else
    fi;
    atomic { DIES; who[e] = me };                       // fillEntry()
    atomic { DIES; role[e] = r };
    atomic { DIES; first[e] = 0 };
    atomic { DIES; storeIntent(0) };
    atomic { DIES; confirmed[e] = me };
    atomic { p = 0; n = 0; i = 0; isWon = false }
}

proctype Participant(byte me, r, claims, e) {
    byte p, n, i;
    bit isWon, isRecorded, isLooking;
#if JOINER
    if
    :: e == NO_ENTRY -> join()
    :: else
    fi;
#endif
    do
    :: claims > 0 -> claims--; claimAndPass((r == PRODUCER -> BATCH : CONSUMER_BATCH))
    :: else -> break
    od;
    atomic { DIES; confirmed[e] = 0 };                  // leave()
    atomic { DIES; owner[e] = 0 };
    atomic { end() };
ended:
    skip
}

// DMXP: the same claim without an intent. If it died with a slot nobody could know, so here it does not die.
proctype Dmxp(byte me, claims) {
    byte p, n, i, e = NO_ENTRY, r = PRODUCER;
    bit isWon, isRecorded, isLooking;
#if DMXP_REUSES_PID
    if
    :: skip
    :: atomic { !alive[1] -> dmxpPid = 1 }
    fi;
#endif
    dmxpMaps = true;
    do
    :: claims > 0 -> claims--; claimAndPass(1)
    :: else -> break
    od;
    atomic { dmxpMaps = false; end() };
ended:
    skip
}

// --- Repair. Locals: x the entry of the dead, y another one's.

// participantAt(at): isThere, and ticket, isConfirmed, id, itsRole when it is.
inline participantAt(at, ticket, isConfirmed, id, aRole) {
#if JOINER
    ticket = owner[at];
    isConfirmed = (confirmed[at] == ticket);
    id = who[at];
    aRole = role[at];
    atomic {
        isThere = (ticket != 0 && owner[at] == ticket);     // else it changed hands
        id = (isConfirmed -> id : ticket)
    }
#else
    atomic {            // no entry changes hands: one step is enough
        ticket = owner[at];
        isConfirmed = (confirmed[at] == ticket);
        id = ticket;
        aRole = role[at];
        isThere = (ticket != 0)
    }
#endif
}

inline readCursor() { seen = cursor[deadRole - 1] }

inline readSequence() { isHeld = (sequence[SLOT(q)] == HELD(deadRole, q)) }

inline readOutsiders() {
    // Whom the roster tells, an entry at a time, then who maps the ring.
    isDmxpKnown = false;
    y = 0;
    do
    :: y < ENTRIES ->
        atomic {
#ifdef MUTANT_DEAD_PIDS_ARE_KNOWN
            isDmxpKnown = isDmxpKnown || (owner[y] != 0 && owner[y] == confirmed[y] && who[y] == dmxpPid);
#endif
            y++                                         // a living entry never has DMXP's pid
        }
    :: else -> break
    od;
    isDmxpOutside = (dmxpMaps && !isDmxpKnown);
    isDmxpKnown = false
}

inline readRivals() {
    y = 0;
    do
    :: y < ENTRIES && !isOwnedByOther ->
        if
        :: y != x ->
            participantAt(y, itsTicket, isItConfirmed, itsId, itsRole);
            if
            :: isThere && isItConfirmed && itsRole == deadRole ->
                itsFirst = first[y];                    // readIntent()
                itsIntent = intent[y];
                if
                :: atomic { first[y] != itsFirst -> itsIntent = 0 }
                :: else
                fi;
#ifndef MUTANT_RIVAL_READ_ONCE
                if                                      // and the entry is still its own
                :: itsIntent != 0 ->
                    if
                    :: atomic { owner[y] != itsTicket -> itsIntent = 0 }
                    :: else
                    fi
                :: else
                fi;
#endif
                if
                :: COVERS(itsFirst, itsIntent, q) ->
                    if
                    :: itsIntent & CLAIMED -> isOwnedByOther = true
                    :: else -> isRivalled = isRivalled || alive[itsId]
                    fi
                :: else
                fi
            :: else
            fi
        :: else
        fi;
        atomic { y++; itsTicket = 0; isItConfirmed = false; itsId = 0; itsRole = 0; itsFirst = 0; itsIntent = 0; isThere = false }
    :: else -> break
    od
}

// SIGKILL. The kernel drops the lock.
#define REPAIRER_DIES if :: repairerDeaths > 0 && me != LAST_REPAIRER -> repairerDeaths--; stop(); goto stopped :: true fi

inline stop() {
    alive[me] = 0; repairersLeft--;
    repairLock = (repairLock == me -> 0 : repairLock);
    x = 0; y = 0; q = 0; word = 0; from = 0; seen = 0; kind = 0;
    dead = 0; deadId = 0; deadRole = 0; itsTicket = 0; itsId = 0; itsRole = 0; itsFirst = 0; itsIntent = 0;
    isThere = false; isDeadConfirmed = false; isItConfirmed = false; isResolved = false; isOwnedByOther = false;
    isRivalled = false; isHeld = false; isDmxpKnown = false; isDmxpOutside = false; isOutsideRead = false
}

inline act() {
    kind = deadRole;
    if
    :: deadRole == CONSUMER && message[SLOT(q)] == TOMBSTONE -> kind = 3
    :: else
    fi;
#ifndef MUTANT_NO_JOURNAL
    atomic { REPAIRER_DIES; journalPosition = q };
    atomic { REPAIRER_DIES; journalCount = (kind < 3 -> counter[kind - 1] + 1 : 0) };
    atomic { REPAIRER_DIES; journalAct = kind };
#else
    journalCount = (kind < 3 -> counter[kind - 1] + 1 : 0);
#endif
    if
    :: deadRole == PRODUCER -> atomic { REPAIRER_DIES; message[SLOT(q)] = TOMBSTONE }
    :: else
    fi;
    atomic {                                            // the CAS
        REPAIRER_DIES;
        if
        :: sequence[SLOT(q)] == HELD(deadRole, q) ->
            assert(holder[SLOT(q)] != 0 && !alive[holder[SLOT(q)]]);   // its owner is dead
            sequence[SLOT(q)] = PASSED(deadRole, q);
            holder[SLOT(q)] = 0;
            if
            :: deadRole == PRODUCER ->
                assert(content[SLOT(q)] == 0);
                content[SLOT(q)] = TOMBSTONE;
                acts[0]++
            :: else ->
                assert((content[SLOT(q)] == TOMBSTONE) == (kind == 3));
                if
                :: kind == 2 -> acts[1]++
                :: else
                fi;
                content[SLOT(q)] = 0
            fi;
            isHeld = true
        :: else -> isHeld = false
        fi
    };
    if
    :: isHeld && kind < 3 -> atomic { REPAIRER_DIES; counter[kind - 1] = journalCount }
    :: else
    fi;
    atomic { REPAIRER_DIES; journalAct = 0; kind = 0 }
}

inline resolveSlot() {
    atomic { isOwnedByOther = false; isRivalled = false };
#ifdef MUTANT_SEQUENCE_FIRST
    readSequence();
#endif
    if
    :: !(word & CLAIMED) ->
#ifndef MUTANT_IGNORES_RIVALS
        readRivals();
#endif
#if DMXP && !defined(MUTANT_IGNORES_OUTSIDERS)
        if
        :: !isOwnedByOther ->
#ifdef MUTANT_OUTSIDERS_ONCE
            if
            :: !isOutsideRead -> readOutsiders(); isOutsideRead = true
            :: else
            fi;
#else
            readOutsiders();
#endif
            isRivalled = isRivalled || isDmxpOutside
        :: else
        fi
#endif
    :: else
    fi;
    if
    :: !isOwnedByOther ->
#ifndef MUTANT_SEQUENCE_FIRST
        readSequence();
#endif
        if
#ifdef FORCE
        :: isHeld -> act()
#else
        :: isHeld && isRivalled -> isResolved = false   // undecidable
        :: isHeld && !isRivalled -> act()
#endif
        :: else
        fi
    :: else
    fi;
    atomic { isOwnedByOther = false; isRivalled = false; isHeld = false; y = 0 }
}

inline look() {
    participantAt(x, dead, isDeadConfirmed, deadId, deadRole);
    if
    :: isThere && !alive[deadId] ->
        isResolved = true;
        word = dead;
#ifndef MUTANT_CONFIRMED_READ_ALIVE
        // Again: it may have confirmed its entry, claimed and died since.
        participantAt(x, dead, isDeadConfirmed, deadId, deadRole);
        isResolved = isThere && (dead == word);
#endif
        word = 0;
        if
        :: isResolved && isDeadConfirmed ->
            word = intent[x];
            if
            :: word != 0 ->
                from = first[x];
#ifndef MUTANT_DEAD_READ_ONCE
                // Whose intent was clear may have been succeeded by a joiner since.
                word = (owner[x] == dead -> word : 0);
#endif
                readCursor();
                q = from;
                do
                :: q < from + COUNT(word) ->
                    // Not claimed and the cursor not past them all: its CAS was not done.
                    if
                    :: q < seen && ((word & CLAIMED) || seen >= from + COUNT(word)) -> resolveSlot()
                    :: else
                    fi;
                    q++
                :: else -> break
                od
            :: else
            fi
        :: else
        fi;
        if
        :: isResolved ->
#ifdef MUTANT_ALWAYS_CLEARS
            atomic { assert(owner[x] == dead); intent[x] = 0 };
#else
            if
            :: word != 0 -> atomic { REPAIRER_DIES; assert(owner[x] == dead); intent[x] = 0 }
            :: else
            fi;
#endif
            atomic { REPAIRER_DIES; owner[x] = (owner[x] == dead -> 0 : owner[x]) }
        :: else
        fi
    :: else
    fi;
    atomic {
        dead = 0; isDeadConfirmed = false; deadId = 0; deadRole = 0; isThere = false;
        word = 0; from = 0; seen = 0; q = 0; isResolved = false; x++
    }
}

inline finishJournal() {
    kind = journalAct;
    if
    :: kind != 0 ->
        q = journalPosition;
        if
        :: sequence[SLOT(q)] != HELD((kind == 1 -> PRODUCER : CONSUMER), q) ->
            if
            :: kind < 3 -> atomic { REPAIRER_DIES; counter[kind - 1] = journalCount }
            :: else
            fi
        :: else
        fi;
        atomic { REPAIRER_DIES; journalAct = 0 }
    :: else
    fi;
    atomic { kind = 0; q = 0 }
}

// Everybody has ended and everything was repaired: the ring is one that traffic goes on in.
inline audit() {
    d_step {
        x = 0;
        do
        :: x < ENTRIES -> assert(owner[x] == 0); x++
        :: else -> break
        od;
        q = cursor[1];
        y = 0;
        do
        :: q < cursor[1] + CAPACITY ->
            assert(holder[SLOT(q)] == 0);
            assert(sequence[SLOT(q)] == (q < cursor[0] -> q + 1 : q));
            if
            :: content[SLOT(q)] == 1 -> y++
            :: else
            fi;
            q++
        :: else -> break
        od;
        assert(counter[0] == acts[0] && counter[1] == acts[1]);
        assert(sent == received + counter[1] + y);      // each message once
        assert(journalAct == 0)
    }
}

#define LOCALS \
    byte x, y, q, word, from, seen, kind; \
    byte dead, deadId, deadRole, itsTicket, itsId, itsRole, itsFirst, itsIntent; \
    bit isThere, isDeadConfirmed, isItConfirmed, isResolved, isOwnedByOther, isRivalled, isHeld; \
    bit isDmxpKnown, isDmxpOutside, isOutsideRead

inline repairRing() {
    finishJournal();
    do
    :: x < ENTRIES -> look()
    :: else -> break
    od
}

proctype Repairer(byte me) {
    LOCALS;
#ifndef MUTANT_NO_LOCK
    atomic { repairLock == 0 -> repairLock = me };
#endif
    repairRing();
    atomic { stop() };
stopped:
    skip
}

// Alone, so that its steps need no interleaving.
proctype LastRepairer(byte me) {
    LOCALS;
    atomic { participantsLeft == 0 && repairersLeft == 0 -> repairRing(); audit() };
stopped:
    skip
}

init {
    atomic {
        byte at = 0;
        do
        :: at < CAPACITY -> sequence[at] = at; at++
        :: else -> break
        od;
        at = 0;
        do
        :: at < IDS -> alive[at] = 1; at++
        :: else -> break
        od;
        alive[0] = 0;
        participantsLeft = PARTICIPANTS + (DMXP != 0);
        repairersLeft = REPAIRERS;
        at = 0;
        do
        :: at < PRODUCERS + CONSUMERS ->
            owner[at] = at + 1;
            confirmed[at] = at + 1;
            who[at] = at + 1;
            role[at] = (at < PRODUCERS -> PRODUCER : CONSUMER);
            run Participant(at + 1, role[at], CLAIMS, at);
            at++
        :: else -> break
        od;
#if JOINER
        run Participant(PARTICIPANTS, JOINER, 1, NO_ENTRY);
#endif
#if DMXP
        run Dmxp(DMXP_ID, DMXP);
#endif
        at = FIRST_REPAIRER;
        do
        :: at < LAST_REPAIRER -> run Repairer(at); at++
        :: else -> break
        od;
        run LastRepairer(LAST_REPAIRER);
        at = 0
    }
}
