// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <sys/ipc.h>
#include <sys/shm.h>

namespace ringscope {

// A System V segment that nobody attaches; removed at the end.
class SystemVSegment {
public:
    static constexpr std::size_t kBytes = 8192;

    SystemVSegment()
        : m_id(::shmget(IPC_PRIVATE, kBytes, IPC_CREAT | 0600)) {}
    SystemVSegment(const SystemVSegment&) = delete;
    SystemVSegment& operator=(const SystemVSegment&) = delete;
    ~SystemVSegment() { ::shmctl(m_id, IPC_RMID, nullptr); }
    [[nodiscard]] int id() const { return m_id; }
    [[nodiscard]] std::string name() const { return "shmid:" + std::to_string(m_id); }
    [[nodiscard]] bool isThere() const {
        struct shmid_ds status {};
        return ::shmctl(m_id, IPC_STAT, &status) == 0;
    }

private:
    int m_id;
};

} // namespace ringscope
