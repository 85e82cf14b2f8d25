// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <array>

#include "core/base/units.h"
#include "core/heap/heap_profile.h"

class QLabel;

namespace ringscope {

class Theme;

// What a heap profile comes to: a few large numbers with what they mean. GUI thread.
class HeapTiles final : public QWidget {
    Q_OBJECT
public:
    explicit HeapTiles(const Theme& theme, QWidget* parent = nullptr);

    // isLive: of a process that runs, else of its end.
    void setProfile(const HeapProfile* profile, bool isLive); // null: nothing to show
    void setByteScale(ByteScale scale);
    [[nodiscard]] QString valueOf(std::size_t tile) const;

    static constexpr std::size_t kTiles = 6;

private:
    void showTexts();
    void showColors();

    const Theme& m_theme;
    HeapSums m_sums;
    std::uint64_t m_peakBytes = 0;
    std::int64_t m_durationNs = 0;
    std::int64_t m_peakAfterNs = 0;
    std::size_t m_stacks = 0;
    bool m_hasTimes = true;
    bool m_isOfTracker = true;
    bool m_isShown = false;
    bool m_isLive = false;
    bool m_isPart = false; // of the time
    ByteScale m_scale = ByteScale::automatic;
    struct Tile {
        QLabel* title = nullptr;
        QLabel* value = nullptr;
        QLabel* detail = nullptr;
    };
    std::array<Tile, kTiles> m_tiles;
};

} // namespace ringscope
