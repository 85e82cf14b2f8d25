// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/ring/slot_snapshot.h"

class QLabel;

namespace ringscope {

class Theme;

// How long before the snapshot the oldest block among those that each of `parts` equal parts of the
// ring consists of was read, in ns; -1 where one was not read yet.
[[nodiscard]] std::vector<std::int64_t> slotAges(const SlotSnapshot& snapshot, std::size_t parts);

// Large rings are read a part at a time: a strip as long as the ring, bright where the picture is
// fresh, fading to grey where it is a minute old, empty where nothing was read yet, and how old the
// oldest part is. Hidden while all of it is of the last second and a half. Looks at two snapshots a
// second. GUI thread.
class SlotAges final : public QWidget {
    Q_OBJECT
public:
    explicit SlotAges(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(std::shared_ptr<const SlotSnapshot> snapshot);
    [[nodiscard]] QString text() const;
    // What the tooltip says of the part under that x of the strip's.
    [[nodiscard]] QString partText(int x) const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void paintStrip();

    const Theme& m_theme; // Outlives this.
    QWidget* m_strip;
    QLabel* m_text;
    std::shared_ptr<const SlotSnapshot> m_snapshot; // the one that is shown
};

} // namespace ringscope
