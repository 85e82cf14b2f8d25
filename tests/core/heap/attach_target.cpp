// SPDX-License-Identifier: MIT
// A program that is attached to while it runs, and keeps its own account. It reads one line at a
// time from standard input and answers each with one: "burst N" makes N blocks of 100 bytes and
// frees every other one; "end"
// stops the threads. The first argument is how many threads allocate all the
// time, checking what they wrote; the second, how main waits: "read", "poll", "spin".
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

std::atomic<bool> g_isOver{false};
std::atomic<bool> g_isWrong{false};
std::atomic<unsigned long> g_rounds{0};

// Each block holds its own size in all its bytes until it is freed.
void churn(unsigned seed) {
    struct Block {
        unsigned char* bytes = nullptr;
        std::size_t size = 0;
    };
    std::vector<Block> blocks(500);
    while (!g_isOver.load(std::memory_order_relaxed)) {
        for (int i = 0; i < 200; ++i) {
            seed = seed * 1664525 + 1013904223;
            Block& block = blocks[(seed >> 8U) % blocks.size()];
            for (std::size_t at = 0; at < block.size; ++at) {
                if (block.bytes[at] != static_cast<unsigned char>(block.size)) {
                    g_isWrong = true;
                }
            }
            std::free(block.bytes);
            block.size = 1 + (seed >> 12U) % 700;
            block.bytes = static_cast<unsigned char*>(std::malloc(block.size));
            std::memset(block.bytes, static_cast<int>(block.size), block.size);
            delete new std::string(60, 'x');
        }
        g_rounds.fetch_add(1, std::memory_order_relaxed);
    }
    for (Block& block : blocks) {
        std::free(block.bytes);
    }
}

void burst(long count) {
    for (long i = 0; i < count; ++i) {
        void* block = std::malloc(100);
        std::memset(block, 1, 100);
        if (i % 2 == 0) {
            std::free(block);
        }
    }
}

bool hasInput(const std::string& how) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (how == "spin") {
        volatile unsigned spin = 0;
        while (::poll(&input, 1, 0) == 0) {
            for (int i = 0; i < 100'000; ++i) {
                spin = spin + 1;
            }
        }
    } else if (how == "poll") {
        // An interrupted wait would be one too many for a program without signal handlers.
        if (::poll(&input, 1, 60'000) != 1) {
            g_isWrong = true;
        }
    }
    return true;
}

std::string lineFrom(const std::string& how) {
    std::string line;
    char c = 0;
    while (hasInput(how) && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
        line += c;
    }
    return line;
}

} // namespace

int main(int argc, char** argv) {
    const int count = argc > 1 ? std::atoi(argv[1]) : 0;
    const std::string how = argc > 2 ? argv[2] : "read";
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back(churn, static_cast<unsigned>(i));
    }
    (void)!::write(STDOUT_FILENO, "ready\n", 6);
    for (std::string line = lineFrom(how); !line.empty() && line != "end"; line = lineFrom(how)) {
        if (line.rfind("burst ", 0) == 0) {
            burst(std::atol(line.c_str() + 6));
        }
        (void)!::write(STDOUT_FILENO, "done\n", 5);
    }
    g_isOver = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    return g_isWrong ? 1 : 0;
}
