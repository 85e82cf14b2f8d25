// SPDX-License-Identifier: MIT
#pragma once

namespace ringscope {

// Starts a process, once, that outlives this one however it ends: SIGKILL and a timeout of ctest
// run no destructor. It watches the processes below this one, and when this one is gone it ends
// those that are left, stopped ones too, and removes what they made: System V segments, rings in
// /dev/shm, and the temporary files and folders of run_program.h. It is in its own session and no
// child of this process, so that who kills the tree does not meet it. Called before this process
// has threads and before it becomes a subreaper.
void startOrphanGuard();

} // namespace ringscope
