// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <QPoint>
#include <QRect>
#include <QWidget>

#include "core/session/session_view.h"
#include "widgets/slots/slot_facts.h"
#include "widgets/slots/slot_map_image.h"
#include "widgets/slots/slot_map_layout.h"

namespace ringscope {

class Theme;

// The slots of one channel, one cell a slot: wheel zooms at the mouse, a drag moves, a click
// selects, the pointer over a cell tells about its slot. Where a pixel shows several slots it tells
// about the most severe one. Keys: arrows move the selected slot, + and - zoom, Home shows
// everything, H and T go to head and tail. It paints only what changed. GUI thread.
class SlotMap final : public QWidget {
    Q_OBJECT
public:
    explicit SlotMap(const Theme& theme, QWidget* parent = nullptr);

    // Both may be null. nowNs is on the monotonic clock: what the ages are counted to.
    void setSnapshot(std::shared_ptr<const SlotSnapshot> snapshot,
                     std::shared_ptr<const std::vector<WorkerRow>> workers, std::int64_t nowNs);
    [[nodiscard]] std::optional<std::uint64_t> selectedSlot() const noexcept { return m_selected; }
    void selectSlot(std::uint64_t slot);
    void clearSelection();
    // Empty when no slot is selected or it was not read yet.
    [[nodiscard]] std::optional<SlotFacts> selectedFacts() const;
    [[nodiscard]] const SlotMapLayout& layoutOfSlots() const noexcept { return m_layout; }
    [[nodiscard]] const SlotMapImage& picture() const noexcept { return m_picture; }
    [[nodiscard]] const SlotSnapshot* snapshot() const noexcept { return m_snapshot.get(); }
    // What the tooltip at a point says; empty where no slot is.
    [[nodiscard]] QString toolTipAt(QPoint point) const;

    void zoom(int steps); // at the selected slot when it is visible, else at the middle
    void showEverything();

    [[nodiscard]] QSize sizeHint() const override { return {420, 260}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 96}; }

Q_SIGNALS:
    // Somebody wants to know what is in a slot: the pointer rests on it or it was selected. The
    // next snapshots should carry its detail.
    void slotDetailRequested(quint32 channel, quint64 slot);
    void selectionChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void setLayoutOfSlots(const SlotMapLayout& layout);
    void redrawPicture();
    void updateMarkers();
    void moveSelection(std::int64_t by);
    void requestDetail(std::uint64_t slot);
    void endHover();
    [[nodiscard]] bool wantsKey(const QKeyEvent& event) const;
    void updateDescription();
    bool showToolTip(QPoint point, QPoint globalPoint);
    [[nodiscard]] QPoint toPx(QPointF point) const;
    [[nodiscard]] QRect toLogical(const PixelRect& rect) const;
    [[nodiscard]] QSize sizePx() const;
    [[nodiscard]] std::uint64_t representative(std::uint64_t cell) const;
    [[nodiscard]] std::optional<std::uint64_t> slotOfPosition(std::uint64_t position) const;
    [[nodiscard]] QRect markerRect(std::uint64_t slot) const;
    void paintMarkers(QPainter& painter) const;
    void paintTexts(QPainter& painter, const QRect& dirty) const;

    const Theme& m_theme; // Outlives this.
    std::shared_ptr<const SlotSnapshot> m_snapshot;
    std::shared_ptr<const std::vector<WorkerRow>> m_workers;
    std::int64_t m_nowNs = 0;
    SlotMapLayout m_layout;
    SlotMapImage m_picture;
    std::optional<std::uint64_t> m_selected;
    std::optional<std::uint64_t> m_hovered; // has a tooltip
    QRegion m_marked;                       // what the markers covered when painted last
    QPoint m_pressedAt;
    SlotMapLayout m_pressedLayout;
    bool m_isDragging = false;
    int m_wheelRest = 0; // eighths of a degree that were not a whole step yet
};

// The theme's colours for cells; strokes are its panel colour, which all states contrast with.
[[nodiscard]] SlotColours slotColours(const Theme& theme);

} // namespace ringscope
