// SPDX-License-Identifier: MIT
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

// A program with a ring that is not Ringscope's: Boost's queue in a shared memory object, as
// docs/examples/spsc-queue.toml describes it. It knows nothing of Ringscope.
//
//   spsc_queue_program NAME PUSHES POPS
//
// Says "ready", waits for a line, pushes so many, 2 a millisecond at most, and pops so many of
// them; says "done", and stays until its input ends.

namespace {

struct Order {
    std::uint64_t number;
    char text[56];
};
using Queue = boost::lockfree::spsc_queue<Order, boost::lockfree::capacity<1024>>;

void exchange(Queue& queue, std::uint64_t pushes, std::uint64_t pops) {
    std::uint64_t pushed = 0;
    std::uint64_t popped = 0;
    while (pushed < pushes || popped < pops) {
        for (int i = 0; i < 2; ++i) {
            Order order{pushed, {}};
            pushed += pushed < pushes && queue.push(order) ? 1U : 0U;
            popped += popped < pops && queue.pop(order) ? 1U : 0U;
        }
        const timespec pause{0, 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const int file = ::shm_open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Queue)) != 0) {
        return 1;
    }
    void* const memory =
        ::mmap(nullptr, sizeof(Queue), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        return 1;
    }
    auto* const queue = new (memory) Queue;
    std::puts("ready");
    std::fflush(stdout);
    if (std::getchar() != EOF) {
        exchange(*queue, std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
        std::puts("done");
        std::fflush(stdout);
    }
    while (std::getchar() != EOF) {
    }
    ::shm_unlink(argv[1]);
    return 0;
}
