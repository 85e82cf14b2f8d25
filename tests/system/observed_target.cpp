// SPDX-License-Identifier: MIT
// A process whose memory others look at: it makes a ring of the given name, touches a part of it
// and some heap, says "ready", and waits until it is told to end. Linked statically, so that it
// shares no page of a library with whoever looks.
#include <array>
#include <csignal>
#include <cstdio>
#include <unistd.h>
#include <vector>

#include "core/ring/consumer.h"
#include "core/ring/producer.h"

namespace {

constexpr int kSent = 1000;
constexpr std::size_t kHeapBytes = std::size_t{4} << 20U;

int run(const char* name) {
    using namespace ringscope;
    SegmentSpec spec;
    spec.name = name;
    spec.channels = {ChannelSpec{4096, 1024, 0, "watched"}};
    const auto segment = Segment::create(spec);
    if (!segment) {
        std::fprintf(stderr, "%s\n", segment.error().message.c_str());
        return 1;
    }
    auto producer = Producer::join(*segment, 0);
    auto consumer = Consumer::join(*segment, 0);
    if (!producer || !consumer) {
        return 1;
    }
    std::array<std::byte, 64> payload{};
    for (int i = 0; i < kSent; ++i) {
        (void)producer->try_push({}, payload);
        if (i % 2 == 0) {
            (void)consumer->try_pop(payload);
        }
    }
    const std::vector<char> heap(kHeapBytes, 'h');
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    std::puts("ready");
    std::fflush(stdout);
    int signal = 0;
    sigwait(&stop, &signal);
    return heap.back() == 'h' ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    return argc == 2 ? run(argv[1]) : 2;
}
