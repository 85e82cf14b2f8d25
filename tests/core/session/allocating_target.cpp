// SPDX-License-Identifier: MIT
// Allocates as many blocks as its argument says, frees every second one, and ends.
#include <cstdlib>

int main(int argc, char** argv) {
    const long blocks = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 0;
    for (long i = 0; i < blocks; ++i) {
        void* block = std::malloc(100);
        asm volatile("" : "+r"(block) : : "memory"); // or the pair is optimised away
        if (i % 2 == 0) {
            std::free(block);
        }
    }
    return 0;
}
