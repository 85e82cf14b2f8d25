// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

#include "core/base/units.h"
#include "core/memory/map_objects.h"
#include "core/memory/map_snapshot.h"
#include "widgets/map/address_layout.h"

namespace ringscope {

class Theme;

// The address space of one process, left to right, as AddressLayout places it: a region is filled
// from below as far as it is resident, pale above that; large gaps are torn. Wheel zooms at the
// pointer, a drag pans, a double click shows the whole, a click selects a region. Keys: left and
// right select the next region, Home and End the first and the last, + and - zoom, 0 shows the
// whole. Repaints only when what it shows changes. GUI thread only.
class AddressStrip final : public QWidget {
    Q_OBJECT
public:
    explicit AddressStrip(const Theme& theme, QWidget* parent = nullptr);

    // Null: nothing to show. The selection stays where its region is still there.
    void setSnapshot(MapSnapshotPtr snapshot);
    void setByteScale(ByteScale scale);
    void setType(std::optional<MemoryType> type); // others are dimmed
    // Outlines the regions that lie in it and has the first of them in view; emits nothing. An
    // empty range selects nothing.
    void setSelection(quint64 start, quint64 end);

    [[nodiscard]] AddressRange selection() const noexcept { return m_selection; }
    [[nodiscard]] const AddressLayout& layoutOfAddresses() const noexcept { return m_layout; }
    // Where regions are painted; the line below it has addresses.
    [[nodiscard]] QRect stripRect() const;
    // Empty where no address is.
    [[nodiscard]] QString toolTipAt(QPoint point) const;

    void zoom(int steps); // at the selected region when it is in view, else at the middle
    void showAll();

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void regionSelected(quint64 start, quint64 end);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] int toPx(double x) const;
    [[nodiscard]] bool wantsKey(const QKeyEvent& event) const;
    [[nodiscard]] std::optional<std::size_t> regionAt(QPoint point) const;
    [[nodiscard]] std::optional<std::size_t> selectedRegion() const;
    [[nodiscard]] QString regionText(std::size_t region) const;
    void chooseRegion(std::size_t region);
    void updateDescription();
    void paintRegion(QPainter& painter, std::size_t region, const QRect& area) const;
    void paintPieces(QPainter& painter, const QRect& area) const;
    void paintSelection(QPainter& painter, const QRect& area) const;
    void paintAddresses(QPainter& painter) const;

    const Theme& m_theme; // Outlives this.
    MapSnapshotPtr m_snapshot;
    // Of m_snapshot, for its names; made when somebody asks.
    std::shared_ptr<const MapObjects> m_objects;
    AddressLayout m_layout;
    ByteScale m_byteScale = ByteScale::automatic;
    std::optional<MemoryType> m_type;
    AddressRange m_selection;
    int m_wheelRest = 0;
    QPoint m_pressedAt;
    int m_draggedPx = 0; // already panned
    bool m_isDragging = false;
};

} // namespace ringscope
