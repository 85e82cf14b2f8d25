// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <atomic>
#include <cstdint>

namespace ringscope {

// Where live sessions are kept while nobody has saved them, so that a crash loses a second at most:
// one file a session, named by the process that records it. What a process that is gone has left
// can be opened again; only the newest few are kept. Functions wait for the disk, for a moment.
class Autosave {
public:
    // Of one file; what is recorded beyond it is in memory only.
    static constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30U;
    static constexpr int kMaxLeftOver = 3;

    explicit Autosave(QString folder);

    // ringscope/ in $XDG_STATE_HOME, or in ~/.local/state.
    [[nodiscard]] static QString defaultFolder();

    [[nodiscard]] const QString& folder() const { return m_folder; }
    // A name for another session of this process; makes the folder. Empty when it is not writable.
    [[nodiscard]] QString newFile();
    // What processes that are gone have left, newest first; removes all but kMaxLeftOver.
    [[nodiscard]] QStringList takeStock() const;

private:
    QString m_folder;
    std::atomic<int> m_count = 0;
};

} // namespace ringscope
