// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_map.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <QWheelEvent>

#include "widgets/slots/slot_text.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kMarkerPx = 7;            // side of a head or tail marker, logical pixels
constexpr int kWheelStep = 120;         // of QWheelEvent::angleDelta() for one notch
constexpr int kSmallestNamedCell = 64;  // logical pixels: from here on cells carry words
constexpr int kSmallestNumberCell = 40; // and from here on the slot's number

} // namespace

SlotColours slotColours(const Theme& theme) {
    const ThemeTokens& tokens = theme.tokens();
    SlotColours colours;
    for (std::size_t state = 0; state < kSlotStateCount; ++state) {
        colours.states[state] = tokens.slotStates[state].rgb();
    }
    colours.background = tokens.panel.rgb();
    colours.ink = tokens.panel.rgb();
    return colours;
}

SlotMap::SlotMap(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Slot map"));
    connect(&theme, &Theme::changed, this, [this] { redrawPicture(); });
    redrawPicture();
}

void SlotMap::setSnapshot(std::shared_ptr<const SlotSnapshot> snapshot,
                          std::shared_ptr<const std::vector<WorkerRow>> workers,
                          std::int64_t nowNs) {
    const bool isSameRing = m_snapshot && snapshot &&
                            m_snapshot->cursors.capacity == snapshot->cursors.capacity &&
                            m_snapshot->cursors.channel == snapshot->cursors.channel;
    m_workers = std::move(workers);
    m_nowNs = nowNs;
    if (!isSameRing) {
        const bool hadSnapshot = m_snapshot != nullptr;
        m_snapshot = std::move(snapshot);
        if (hadSnapshot) {
            clearSelection();
        }
        m_layout = SlotMapLayout::fitted(m_snapshot ? m_snapshot->cursors.capacity : 0,
                                         sizePx().width(), sizePx().height());
        redrawPicture();
        return;
    }
    m_snapshot = snapshot;
    const PixelRows dirty = m_picture.update(std::move(snapshot));
    if (dirty.bottom > dirty.top) {
        update(toLogical({0, dirty.top, sizePx().width(), dirty.bottom - dirty.top}));
    }
    updateMarkers();
    if (m_hovered && QToolTip::isVisible()) {
        showToolTip(mapFromGlobal(QCursor::pos()), QCursor::pos());
    }
}

QSize SlotMap::sizePx() const {
    return {static_cast<int>(std::ceil(width() * devicePixelRatioF())),
            static_cast<int>(std::ceil(height() * devicePixelRatioF()))};
}

QPoint SlotMap::toPx(QPointF point) const {
    return {static_cast<int>(std::floor(point.x() * devicePixelRatioF())),
            static_cast<int>(std::floor(point.y() * devicePixelRatioF()))};
}

QRect SlotMap::toLogical(const PixelRect& rect) const {
    const double ratio = devicePixelRatioF();
    const int left = static_cast<int>(std::floor(rect.x / ratio));
    const int top = static_cast<int>(std::floor(rect.y / ratio));
    const int right = static_cast<int>(std::ceil((rect.x + rect.width) / ratio));
    const int bottom = static_cast<int>(std::ceil((rect.y + rect.height) / ratio));
    return {left, top, right - left, bottom - top};
}

void SlotMap::setLayoutOfSlots(const SlotMapLayout& layout) {
    if (layout != m_layout) {
        m_layout = layout;
        redrawPicture();
    }
}

void SlotMap::redrawPicture() {
    m_picture.reset(m_layout, slotColours(m_theme), sizePx(), m_snapshot);
    updateDescription();
    update();
}

std::optional<std::uint64_t> SlotMap::slotOfPosition(std::uint64_t position) const {
    if (!m_snapshot || m_snapshot->cursors.capacity == 0) {
        return std::nullopt;
    }
    return position % m_snapshot->cursors.capacity;
}

// The most severe slot of a cell: what the cell shows is what it tells about.
std::uint64_t SlotMap::representative(std::uint64_t cell) const {
    const SlotRun run = m_layout.slotsOfCell(cell);
    const SlotCellCode wanted = mostSevere(m_snapshot.get(), run);
    for (std::uint64_t slot = run.first; slot < run.first + run.count; ++slot) {
        if (mostSevere(m_snapshot.get(), {slot, 1}) == wanted) {
            return slot;
        }
    }
    return run.first;
}

void SlotMap::requestDetail(std::uint64_t slot) {
    if (m_snapshot) {
        Q_EMIT slotDetailRequested(m_snapshot->cursors.channel, slot);
    }
}

void SlotMap::selectSlot(std::uint64_t slot) {
    if (!m_snapshot || slot >= m_snapshot->cursors.capacity) {
        return;
    }
    m_selected = slot;
    setLayoutOfSlots(m_layout.showing(slot));
    requestDetail(slot);
    updateMarkers();
    updateDescription();
    Q_EMIT selectionChanged();
}

void SlotMap::clearSelection() {
    if (m_selected) {
        m_selected.reset();
        updateMarkers();
        updateDescription();
        Q_EMIT selectionChanged();
    }
}

std::optional<SlotFacts> SlotMap::selectedFacts() const {
    return m_snapshot && m_selected ? slotFacts(*m_snapshot, *m_selected, m_workers.get(), m_nowNs)
                                    : std::nullopt;
}

QString SlotMap::toolTipAt(QPoint point) const {
    const QPoint px = toPx(point);
    const auto cell = m_layout.cellAt(px.x(), px.y());
    if (!cell || !m_snapshot) {
        return {};
    }
    const SlotRun run = m_layout.slotsOfCell(*cell);
    const std::uint64_t slot = representative(*cell);
    const auto facts = slotFacts(*m_snapshot, slot, m_workers.get(), m_nowNs);
    QString text = facts ? slotToolTip(*facts, *m_snapshot)
                         : tr("Slot %1 has not been read yet.").arg(groupedDigits(slot));
    if (run.count > 1) {
        text = tr("This pixel shows slots %1 to %2; the most severe is:<br>")
                   .arg(groupedDigits(run.first), groupedDigits(run.first + run.count - 1)) +
               text;
    }
    return text;
}

bool SlotMap::showToolTip(QPoint point, QPoint globalPoint) {
    const QString text = toolTipAt(point);
    if (text.isEmpty()) {
        endHover();
        return false;
    }
    const QPoint px = toPx(point);
    const std::uint64_t slot = representative(*m_layout.cellAt(px.x(), px.y()));
    if (m_hovered != slot) {
        m_hovered = slot;
        requestDetail(slot);
    }
    QToolTip::showText(globalPoint, text, this);
    return true;
}

void SlotMap::endHover() {
    if (!m_hovered) {
        return;
    }
    m_hovered.reset();
    QToolTip::hideText();
    if (m_selected) {
        requestDetail(*m_selected); // the details pane wants its slot back
    }
}

// Its keys come before the window's of the same name. A plus may need Shift, or be on the key pad.
bool SlotMap::wantsKey(const QKeyEvent& event) const {
    if ((event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) != Qt::NoModifier) {
        return false;
    }
    switch (event.key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus:
    case Qt::Key_Home:
    case Qt::Key_H:
    case Qt::Key_T:
        return true;
    case Qt::Key_Escape:
        return m_selected.has_value();
    default:
        return false;
    }
}

bool SlotMap::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && wantsKey(*static_cast<QKeyEvent*>(event))) {
        event->accept();
        return true;
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (!showToolTip(help->pos(), help->globalPos())) {
            event->ignore();
        }
        return true;
    }
    return QWidget::event(event);
}

void SlotMap::leaveEvent(QEvent* event) {
    endHover();
    QWidget::leaveEvent(event);
}

void SlotMap::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_layout = m_layout.resized(sizePx().width(), sizePx().height());
    redrawPicture();
}

void SlotMap::wheelEvent(QWheelEvent* event) {
    m_wheelRest += event->angleDelta().y();
    const int steps = m_wheelRest / kWheelStep;
    m_wheelRest -= steps * kWheelStep;
    if (steps != 0 && m_snapshot) {
        const QPoint px = toPx(event->position());
        setLayoutOfSlots(m_layout.zoomedAt(px.x(), px.y(), steps));
    }
    event->accept();
}

void SlotMap::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        m_pressedAt = event->pos();
        m_pressedLayout = m_layout;
        m_isDragging = false;
    }
}

void SlotMap::mouseMoveEvent(QMouseEvent* event) {
    const QPoint moved = event->pos() - m_pressedAt;
    if ((event->buttons() & Qt::LeftButton) != 0) {
        // A few pixels of a shaky click are not a drag.
        m_isDragging = m_isDragging || moved.manhattanLength() > 4;
        if (m_isDragging && !m_pressedLayout.showsEverything()) {
            setCursor(Qt::ClosedHandCursor);
            const QPoint px = toPx(moved);
            setLayoutOfSlots(m_pressedLayout.panned(px.x(), px.y()));
        }
    } else if (m_hovered) {
        showToolTip(event->pos(), event->globalPosition().toPoint());
    }
}

void SlotMap::mouseReleaseEvent(QMouseEvent* event) {
    unsetCursor();
    if (event->button() == Qt::LeftButton && !m_isDragging) {
        const QPoint px = toPx(event->pos());
        if (const auto cell = m_layout.cellAt(px.x(), px.y())) {
            selectSlot(representative(*cell));
        } else {
            clearSelection();
        }
    }
    m_isDragging = false;
}

void SlotMap::zoom(int steps) {
    if (!m_snapshot) {
        return;
    }
    QPoint at(sizePx().width() / 2, sizePx().height() / 2);
    if (const auto cell = m_selected ? m_layout.cellOfSlot(*m_selected) : std::nullopt) {
        const PixelRect rect = m_layout.rectOfCell(*cell);
        at = {rect.x + rect.width / 2, rect.y + rect.height / 2};
    }
    setLayoutOfSlots(m_layout.zoomedAt(at.x(), at.y(), steps));
    if (m_selected && steps > 0) {
        setLayoutOfSlots(m_layout.showing(*m_selected));
    }
}

void SlotMap::showEverything() {
    setLayoutOfSlots(
        SlotMapLayout::fitted(m_layout.slotCount(), sizePx().width(), sizePx().height()));
}

void SlotMap::moveSelection(std::int64_t by) {
    if (!m_snapshot || m_snapshot->cursors.capacity == 0) {
        return;
    }
    if (!m_selected) {
        selectSlot(*slotOfPosition(m_snapshot->cursors.head));
        return;
    }
    const auto last = static_cast<std::int64_t>(m_snapshot->cursors.capacity) - 1;
    selectSlot(static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(static_cast<std::int64_t>(*m_selected) + by, 0, last)));
}

void SlotMap::keyPressEvent(QKeyEvent* event) {
    const std::int64_t row =
        static_cast<std::int64_t>(m_layout.scale().slotsPerCell) * m_layout.columns();
    switch (event->key()) {
    case Qt::Key_Left:
        return moveSelection(-1);
    case Qt::Key_Right:
        return moveSelection(1);
    case Qt::Key_Up:
        return moveSelection(-row);
    case Qt::Key_Down:
        return moveSelection(row);
    case Qt::Key_PageUp:
        return setLayoutOfSlots(m_layout.panned(0, sizePx().height()));
    case Qt::Key_PageDown:
        return setLayoutOfSlots(m_layout.panned(0, -sizePx().height()));
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(1);
    case Qt::Key_Minus:
        return zoom(-1);
    case Qt::Key_Home:
        return showEverything();
    case Qt::Key_H:
        return m_snapshot ? selectSlot(slotOfPosition(m_snapshot->cursors.head).value_or(0))
                          : void();
    case Qt::Key_T:
        return m_snapshot ? selectSlot(slotOfPosition(m_snapshot->cursors.tail).value_or(0))
                          : void();
    case Qt::Key_Escape:
        if (m_selected) {
            return clearSelection();
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

void SlotMap::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void SlotMap::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

void SlotMap::updateDescription() {
    QString text = tr("No ring is observed.");
    if (m_snapshot) {
        text = tr("Channel %1, %2 slots.")
                   .arg(m_snapshot->cursors.channel)
                   .arg(m_snapshot->cursors.capacity);
        if (const auto facts = selectedFacts()) {
            text += u' ' + slotPlainText(*facts, *m_snapshot);
        }
    }
    if (text != accessibleDescription()) {
        setAccessibleDescription(text);
    }
}

QRect SlotMap::markerRect(std::uint64_t slot) const {
    const auto cell = m_layout.cellOfSlot(slot);
    return cell ? toLogical(m_layout.rectOfCell(*cell))
                      .adjusted(-kMarkerPx, -kMarkerPx - 2, kMarkerPx, kMarkerPx + 2)
                : QRect();
}

// The markers are painted over the picture, so where they were and where they are is painted anew.
void SlotMap::updateMarkers() {
    QRegion marked;
    if (m_snapshot) {
        for (const auto slot : {slotOfPosition(m_snapshot->cursors.head),
                                slotOfPosition(m_snapshot->cursors.tail), m_selected}) {
            if (slot) {
                marked += markerRect(*slot);
            }
        }
    }
    if (marked != m_marked) {
        update(marked.united(m_marked));
        m_marked = marked;
    }
}

void SlotMap::paintMarkers(QPainter& painter) const {
    const ThemeTokens& tokens = m_theme.tokens();
    painter.setRenderHint(QPainter::Antialiasing);
    // A triangle that points at the cell from above (head: next to be consumed) or from below
    // (tail: next to be produced), with a rim that sets it off from any cell.
    const auto paintTriangle = [&](std::uint64_t position, bool isHead) {
        const auto slot = slotOfPosition(position);
        const auto cell = slot ? m_layout.cellOfSlot(*slot) : std::nullopt;
        if (!cell) {
            return;
        }
        const QRectF rect = toLogical(m_layout.rectOfCell(*cell));
        const double direction = isHead ? -1 : 1;
        double tip = isHead ? rect.top() : rect.bottom();
        // At the edges of the map there is no room outside the cell: it points into it from there.
        tip = std::clamp(tip, isHead ? kMarkerPx + 1.0 : 0.0,
                         isHead ? static_cast<double>(height()) : height() - kMarkerPx - 1.0);
        const double x = rect.center().x();
        QPainterPath path(QPointF(x, tip));
        path.lineTo(x - kMarkerPx * 0.6, tip + direction * kMarkerPx);
        path.lineTo(x + kMarkerPx * 0.6, tip + direction * kMarkerPx);
        path.closeSubpath();
        painter.setPen(QPen(tokens.panel, 2));
        painter.setBrush(tokens.text);
        painter.strokePath(path, painter.pen());
        painter.fillPath(path, isHead ? tokens.text : tokens.panel);
        painter.setPen(QPen(tokens.text, 1));
        painter.strokePath(path, painter.pen());
    };
    paintTriangle(m_snapshot->cursors.head, true);
    paintTriangle(m_snapshot->cursors.tail, false);

    if (const auto cell = m_selected ? m_layout.cellOfSlot(*m_selected) : std::nullopt) {
        QRectF rect = toLogical(m_layout.rectOfCell(*cell));
        // A selected pixel alone would not be seen.
        const double grow = std::max(0.0, (7 - rect.width()) / 2);
        rect.adjust(-grow, -grow, grow, grow);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(tokens.panel, 4));
        painter.drawRect(rect);
        painter.setPen(QPen(tokens.text, 2));
        painter.drawRect(rect);
    }
}

void SlotMap::paintTexts(QPainter& painter, const QRect& dirty) const {
    const int side = toLogical(m_layout.rectOfCell(0)).width();
    if (side < kSmallestNumberCell) {
        return;
    }
    for (std::uint64_t cell = 0; cell < m_layout.cells(); ++cell) {
        const QRect rect = toLogical(m_layout.rectOfCell(cell));
        if (!rect.intersects(dirty)) {
            continue;
        }
        const std::uint64_t slot = m_layout.slotsOfCell(cell).first;
        const SlotCellCode code = m_picture.cells()[cell];
        const QRect label(rect.left() + 3, rect.bottom() - 18, rect.width() - 8, 15);
        QString text = groupedDigits(slot);
        if (side >= kSmallestNamedCell && code != kUnknownCell) {
            text += QStringLiteral(" ") + slotStateName(static_cast<SlotState>(code - 1));
        }
        text = painter.fontMetrics().elidedText(text, Qt::ElideRight, label.width() - 4);
        const QRect plate(label.left(), label.top(),
                          painter.fontMetrics().horizontalAdvance(text) + 6, label.height());
        painter.fillRect(plate, m_theme.tokens().panel);
        painter.setPen(m_theme.tokens().text);
        painter.drawText(plate.adjusted(3, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void SlotMap::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    const double ratio = devicePixelRatioF();
    for (const QRect& dirty : event->region()) {
        const QRectF source(dirty.x() * ratio, dirty.y() * ratio, dirty.width() * ratio,
                            dirty.height() * ratio);
        painter.drawImage(QRectF(dirty), m_picture.image(), source);
    }
    if (!m_snapshot) {
        return;
    }
    painter.setClipRegion(event->region());
    paintTexts(painter, event->rect());
    paintMarkers(painter);
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(m_theme.tokens().accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

} // namespace ringscope
