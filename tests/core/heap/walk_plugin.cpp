// SPDX-License-Identifier: MIT
// Calls back from a frame whose size is another in each library that is made of this.
#include <cstring>

extern "C" __attribute__((visibility("default"), noinline)) void callBack(void (*function)()) {
    char room[WALK_PLUGIN_BYTES];
    std::memset(room, 1, sizeof(room));
    asm volatile("" : : "r"(room) : "memory");
    function();
    asm volatile("" : : "r"(room) : "memory");
}
