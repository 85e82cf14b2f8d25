// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace ringscope {

// Every process below this one, and what they leave when they end: a program that others wrote
// starts helpers of its own, which must end with the test. One at a time in a process, and no other
// child of it meanwhile that is to live on.
class ProcessTree {
public:
    // Orphans become children of this process, so that none is lost. Should it be killed, an orphan
    // guard ends them.
    ProcessTree();
    ProcessTree(const ProcessTree&) = delete;
    ProcessTree& operator=(const ProcessTree&) = delete;
    // Kills and reaps what is left.
    ~ProcessTree();

    // Living processes, without zombies; in the order of their pids.
    [[nodiscard]] static std::vector<pid_t> processes();
    // Those whose executable file has this name, with this text in their arguments; a program may
    // give its process any other name.
    [[nodiscard]] static std::vector<pid_t> named(const std::string& name,
                                                  const std::string& argument = {});
    // Sends SIGSTOP to all, also to those that start meanwhile, and waits until each thread stands.
    // False when one did not.
    [[nodiscard]] static bool stop();
    static void goOn();
};

} // namespace ringscope
