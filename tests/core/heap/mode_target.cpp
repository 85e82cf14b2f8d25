// SPDX-License-Identifier: MIT
// Allocates as it is told to, a letter at a time on its standard input, and answers each with one.
#include <cstddef>
#include <cstdlib>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::size_t kMost = 1'000'000;
void* s_kept[kMost]; // no C++ containers: their own blocks would be among those that are counted
std::size_t s_begin = 0;
std::size_t s_end = 0;
volatile bool s_isOver = false;

[[gnu::noinline]] void keep(std::size_t blocks, std::size_t bytes) {
    for (std::size_t i = 0; i < blocks; ++i) {
        s_kept[s_end++] = std::malloc(bytes + i % 2);
    }
}

void release(std::size_t blocks) {
    for (std::size_t i = 0; i < blocks && s_begin < s_end; ++i) {
        std::free(s_kept[s_begin++]);
    }
    if (s_begin == s_end) {
        s_begin = 0;
        s_end = 0;
    }
}

[[gnu::noinline]] void comeAndGo(std::size_t blocks, std::size_t bytes) {
    for (std::size_t i = 0; i < blocks; ++i) {
        void* volatile block = std::malloc(bytes);
        std::free(block);
    }
}

[[gnu::noinline]] void grow() {
    void* block = std::malloc(1000);
    for (std::size_t bytes = 2000; bytes <= 100'000'000; bytes += bytes / 2) {
        block = std::realloc(block, bytes);
    }
    std::free(block);
}

void* busy(void*) {
    void* blocks[64] = {};
    for (std::size_t i = 0; !s_isOver; ++i) {
        void*& place = blocks[i * 7 % 64];
        std::free(place);
        place = std::malloc(i % 97 == 0 ? 400'000 : i % 500);
        if (i % 13 == 0) {
            place = std::realloc(place, 10 + i % 3000);
        }
    }
    for (void* block : blocks) {
        std::free(block);
    }
    return nullptr;
}

void forkAndWait() {
    const pid_t child = ::fork();
    if (child == 0) {
        keep(100, 300'000);
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
}

pthread_t s_threads[4];

void act(char what) {
    switch (what) {
    case 'a':
        keep(1000, 100);
        break;
    case 'b':
        keep(500, 2000);
        break;
    case 'l':
        keep(300'000, 1000);
        break;
    case 'h':
        keep(100, 5'000'000);
        break;
    case 'f':
        release(1000);
        break;
    case 'F':
        release(kMost);
        break;
    case 't':
        comeAndGo(1'000'000, 1000);
        break;
    case 'g':
        grow();
        break;
    case 'k':
        forkAndWait();
        break;
    case 'T':
        s_isOver = false;
        for (pthread_t& thread : s_threads) {
            ::pthread_create(&thread, nullptr, busy, nullptr);
        }
        break;
    case 'E':
        s_isOver = true;
        for (const pthread_t thread : s_threads) {
            ::pthread_join(thread, nullptr);
        }
        break;
    default:
        break;
    }
}

} // namespace

int main() {
    char what = 0;
    while (::read(STDIN_FILENO, &what, 1) == 1) {
        act(what);
        if (::write(STDOUT_FILENO, &what, 1) != 1) {
            return 1;
        }
    }
    return 0;
}
