// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <array>
#include <optional>
#include <vector>

#include "core/base/units.h"
#include "core/memory/map_snapshot.h"
#include "widgets/map/map_bar_segments.h"

namespace ringscope {

class Theme;

// Committed, private and resident memory of one process as three bars on one scale, split by type.
// A click on a segment selects its type, another one or one beside it none; arrows and Escape do
// the same. With a baseline each bar has an outline as long as it was then. Repaints only when what
// it shows changes. GUI thread only.
class MapBars final : public QWidget {
    Q_OBJECT
public:
    static constexpr std::size_t kBars = 3;

    explicit MapBars(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(MapSnapshotPtr snapshot); // null: nothing to show
    void setBaseline(MapSnapshotPtr baseline); // null: no comparison
    void setByteScale(ByteScale scale);
    void setType(std::optional<MemoryType> type); // emits nothing

    [[nodiscard]] std::optional<MemoryType> type() const noexcept { return m_type; }
    // Of bar 0 to kBars - 1, from the left edge of barRect().
    [[nodiscard]] std::vector<MapBarSegment> segmentsOf(std::size_t bar) const;
    [[nodiscard]] QRect barRect(std::size_t bar) const;
    // Empty where there is nothing to tell.
    [[nodiscard]] QString toolTipAt(QPoint point) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    // Somebody chose a type, or none.
    void typeSelected(std::optional<ringscope::MemoryType> type);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void choose(std::optional<MemoryType> type);
    void chooseNeighbour(int step);
    void measure();
    void paintBar(QPainter& painter, std::size_t bar) const;
    [[nodiscard]] bool isKnown(std::size_t bar) const;
    [[nodiscard]] bool isBaselineKnown(std::size_t bar) const;
    [[nodiscard]] std::uint64_t scaleMax() const; // of all bars, now and in the baseline
    [[nodiscard]] QString bytesText(std::uint64_t bytes) const;
    [[nodiscard]] QString description() const;

    const Theme& m_theme; // Outlives this.
    bool m_isShown = false;
    bool m_hasResidency = false;
    MemoryByType m_sums;
    std::optional<MemoryByType> m_baseline;
    bool m_hasBaselineResidency = false;
    ByteScale m_byteScale = ByteScale::automatic;
    std::optional<MemoryType> m_type;
    int m_labelPx = 0; // widths of the first two columns
    int m_totalPx = 0;
};

} // namespace ringscope
