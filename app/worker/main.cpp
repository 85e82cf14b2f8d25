// SPDX-License-Identifier: MIT
#include <cstdio>

#include "core/workload/worker_program.h"

int main(int argc, char** argv) {
    const auto status = ringscope::runWorkerProgram(argc, argv);
    if (!status) {
        std::fprintf(stderr, "ringscope-worker: %s\n", status.error().message.c_str());
        return 2;
    }
    return *status;
}
