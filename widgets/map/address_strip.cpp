// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/address_strip.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPolygonF>
#include <QStringList>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

#include "widgets/map/map_ink.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kWheelStep = 120; // of QWheelEvent::angleDelta() for one notch
constexpr double kZoomStep = 1.25;
constexpr double kPale = 0.25;      // of a region's colour where it is not resident
constexpr int kSeparatedFromPx = 4; // device pixels: narrower regions have no line between them

std::vector<AddressRange> rangesOf(const MapSnapshot* snapshot) {
    std::vector<AddressRange> ranges;
    if (snapshot != nullptr) {
        ranges.reserve(snapshot->space.map.regions.size());
        for (const MemoryRegion& region : snapshot->space.map.regions) {
            ranges.push_back({region.start, region.end});
        }
    }
    return ranges;
}

// Whether two maps are painted alike.
bool looksLike(const MapSnapshot& a, const MapSnapshot& b) {
    const auto isAlike = [](const MemoryRegion& left, const MemoryRegion& right) {
        return left.start == right.start && left.end == right.end && left.rss == right.rss;
    };
    const auto& regions = a.space.map.regions;
    const auto& others = b.space.map.regions;
    return a.hasResidency() == b.hasResidency() && a.types == b.types &&
           std::equal(regions.begin(), regions.end(), others.begin(), others.end(), isAlike);
}

QString fromUtf8(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

AddressStrip::AddressStrip(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setAccessibleName(tr("Address space"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    updateDescription();
}

void AddressStrip::setSnapshot(MapSnapshotPtr snapshot) {
    if (snapshot == m_snapshot) {
        return;
    }
    const bool isAlike = snapshot && m_snapshot && looksLike(*snapshot, *m_snapshot);
    const bool isOther =
        !snapshot || !m_snapshot || snapshot->space.process != m_snapshot->space.process;
    m_snapshot = std::move(snapshot);
    m_objects.reset();
    if (isAlike) {
        return;
    }
    if (isOther) {
        m_layout = AddressLayout(rangesOf(m_snapshot.get()), toPx(width()));
    } else {
        m_layout.setRegions(rangesOf(m_snapshot.get()));
    }
    updateDescription();
    update();
}

void AddressStrip::setByteScale(ByteScale scale) {
    m_byteScale = scale;
    updateDescription();
}

void AddressStrip::setType(std::optional<MemoryType> type) {
    if (type != m_type) {
        m_type = type;
        update();
    }
}

void AddressStrip::setSelection(quint64 start, quint64 end) {
    const AddressRange range = end > start ? AddressRange{start, end} : AddressRange{};
    if (range == m_selection) {
        return;
    }
    m_selection = range;
    if (const auto region = selectedRegion()) {
        m_layout.show(*region);
    }
    updateDescription();
    update();
}

// The first that lies at least partly in the selection.
std::optional<std::size_t> AddressStrip::selectedRegion() const {
    if (!m_snapshot || m_selection == AddressRange{}) {
        return std::nullopt;
    }
    const auto& regions = m_snapshot->space.map.regions;
    const auto at = std::upper_bound(
        regions.begin(), regions.end(), m_selection.start,
        [](std::uint64_t address, const MemoryRegion& region) { return address < region.end; });
    if (at == regions.end() || at->start >= m_selection.end) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(at - regions.begin());
}

int AddressStrip::toPx(double x) const {
    return static_cast<int>(std::floor(x * devicePixelRatioF()));
}

QSize AddressStrip::sizeHint() const {
    return {700, 4 * fontMetrics().height() + 4};
}

QSize AddressStrip::minimumSizeHint() const {
    return {200, 3 * fontMetrics().height() + 4};
}

QRect AddressStrip::stripRect() const {
    return rect().adjusted(0, 0, 0, -(fontMetrics().height() + 4));
}

std::optional<std::size_t> AddressStrip::regionAt(QPoint point) const {
    const auto piece = stripRect().contains(point) ? m_layout.pieceAt(toPx(point.x()))
                                                   : std::optional<std::size_t>();
    if (!piece || m_layout.pieces()[*piece].kind != AddressPieceKind::region) {
        return std::nullopt;
    }
    return m_layout.pieces()[*piece].region;
}

QString AddressStrip::regionText(std::size_t index) const {
    const MemoryRegion& region = m_snapshot->space.map.regions[index];
    const auto bytes = [this](std::uint64_t value) {
        return QString::fromStdString(formatBytes(static_cast<double>(value), m_byteScale));
    };
    QStringList lines;
    lines += addressText(region.start) + QStringLiteral(" – ") + addressText(region.end);
    QString what = fromUtf8(memoryTypeName(m_snapshot->types[index]));
    const std::string name = m_objects ? m_objects->objects[m_objects->objectOf[index]].name
                                       : std::string(m_snapshot->space.map.nameOf(region));
    if (!name.empty()) {
        what += QStringLiteral(": ") + fromUtf8(name);
    }
    lines += what;
    lines += fromUtf8(protectionWords(region));
    lines += m_snapshot->hasResidency()
                 ? tr("%1, resident %2").arg(bytes(region.size()), bytes(region.rss))
                 : tr("%1; what is resident is not in a core dump").arg(bytes(region.size()));
    return lines.join(u'\n');
}

QString AddressStrip::toolTipAt(QPoint point) const {
    const int x = toPx(point.x());
    const auto piece =
        stripRect().contains(point) ? m_layout.pieceAt(x) : std::optional<std::size_t>();
    if (!piece || !m_snapshot) {
        return {};
    }
    const AddressPiece& found = m_layout.pieces()[*piece];
    if (found.kind != AddressPieceKind::region) {
        return tr("Nothing mapped for %1\n%2 – %3")
            .arg(QString::fromStdString(
                     formatBytes(static_cast<double>(found.end - found.start), m_byteScale)),
                 addressText(found.start), addressText(found.end));
    }
    QString text = regionText(found.region);
    if (const std::size_t others = m_layout.regionsAt(x) - 1; others > 0) {
        text += u'\n' +
                (others == 1
                     ? tr("and another region in this pixel: zoom in to see it")
                     : tr("and %1 more regions in this pixel: zoom in to see them").arg(others));
    }
    return text;
}

void AddressStrip::updateDescription() {
    QString text = tr("No memory map.");
    if (m_snapshot) {
        const auto& regions = m_snapshot->space.map.regions;
        text = tr("%1 regions").arg(regions.size());
        if (!regions.empty()) {
            text += tr(" from %1 to %2")
                        .arg(addressText(regions.front().start), addressText(regions.back().end));
        }
        text += u'.';
        if (const auto region = selectedRegion()) {
            text +=
                tr(" Selected: %1.").arg(regionText(*region).replace(u'\n', QStringLiteral(", ")));
        }
    }
    if (text != accessibleDescription()) {
        setAccessibleDescription(text);
    }
}

void AddressStrip::chooseRegion(std::size_t index) {
    const MemoryRegion& region = m_snapshot->space.map.regions[index];
    if (m_selection != AddressRange{region.start, region.end}) {
        setSelection(region.start, region.end);
        Q_EMIT regionSelected(region.start, region.end);
    } else {
        m_layout.show(index);
        update();
    }
}

void AddressStrip::zoom(int steps) {
    if (m_layout.isEmpty() || steps == 0) {
        return;
    }
    int at = m_layout.widthPx() / 2;
    if (const auto region = selectedRegion()) {
        const PixelSpan span = m_layout.pixelsOfRegion(*region);
        const std::int64_t middle = (span.left + span.right) / 2;
        at = middle >= 0 && middle < m_layout.widthPx() ? static_cast<int>(middle) : at;
    }
    m_layout.zoomAt(at, std::pow(kZoomStep, steps));
    update();
}

void AddressStrip::showAll() {
    if (!m_layout.showsAll()) {
        m_layout.showAll();
        update();
    }
}

bool AddressStrip::wantsKey(const QKeyEvent& event) const {
    if ((event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier)) != Qt::NoModifier) {
        return false;
    }
    switch (event.key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Home:
    case Qt::Key_End:
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus:
    case Qt::Key_0:
        return true;
    default:
        return false;
    }
}

bool AddressStrip::event(QEvent* event) {
    // Its keys come before the window's of the same name.
    if (event->type() == QEvent::ShortcutOverride && wantsKey(*static_cast<QKeyEvent*>(event))) {
        event->accept();
        return true;
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
        if (!m_objects && m_snapshot) {
            m_objects = std::make_shared<const MapObjects>(groupByObject(*m_snapshot));
        }
        const QString text = toolTipAt(help->pos());
        if (text.isEmpty()) {
            QToolTip::hideText();
            event->ignore();
        } else {
            QToolTip::showText(help->globalPos(), text, this);
        }
        return true;
    }
    return QWidget::event(event);
}

void AddressStrip::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_layout.setWidth(toPx(width()));
}

void AddressStrip::wheelEvent(QWheelEvent* event) {
    m_wheelRest += event->angleDelta().y();
    const int steps = m_wheelRest / kWheelStep;
    m_wheelRest -= steps * kWheelStep;
    if (steps != 0 && !m_layout.isEmpty()) {
        m_layout.zoomAt(toPx(event->position().x()), std::pow(kZoomStep, steps));
        update();
    }
    event->accept();
}

void AddressStrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        m_pressedAt = event->pos();
        m_draggedPx = 0;
        m_isDragging = false;
    }
}

void AddressStrip::mouseMoveEvent(QMouseEvent* event) {
    if ((event->buttons() & Qt::LeftButton) == 0) {
        return;
    }
    const QPoint moved = event->pos() - m_pressedAt;
    // A few pixels of a shaky click are not a drag.
    m_isDragging = m_isDragging || moved.manhattanLength() > 4;
    if (m_isDragging && !m_layout.showsAll()) {
        setCursor(Qt::ClosedHandCursor);
        const int draggedPx = toPx(moved.x());
        m_layout.pan(draggedPx - m_draggedPx);
        m_draggedPx = draggedPx;
        update();
    }
}

void AddressStrip::mouseReleaseEvent(QMouseEvent* event) {
    unsetCursor();
    if (event->button() == Qt::LeftButton && !m_isDragging) {
        if (const auto region = regionAt(event->pos())) {
            chooseRegion(*region);
        }
    }
    m_isDragging = false;
}

void AddressStrip::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        m_isDragging = true; // the release that follows is no click on what is shown then
        showAll();
    }
}

void AddressStrip::keyPressEvent(QKeyEvent* event) {
    if (!wantsKey(*event) || m_layout.isEmpty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const std::size_t last = m_snapshot->space.map.regions.size() - 1;
    const auto selected = selectedRegion();
    switch (event->key()) {
    case Qt::Key_Left:
        chooseRegion(!selected ? last : *selected - (*selected > 0 ? 1 : 0));
        break;
    case Qt::Key_Right:
        chooseRegion(!selected ? 0 : std::min(*selected + 1, last));
        break;
    case Qt::Key_Home:
        chooseRegion(0);
        break;
    case Qt::Key_End:
        chooseRegion(last);
        break;
    case Qt::Key_0:
        showAll();
        break;
    default:
        zoom(event->key() == Qt::Key_Minus ? -1 : 1);
        break;
    }
}

// area: of the region in the strip, device pixels.
void AddressStrip::paintRegion(QPainter& painter, std::size_t index, const QRect& area) const {
    const ThemeTokens& tokens = m_theme.tokens();
    const MemoryRegion& region = m_snapshot->space.map.regions[index];
    const MemoryType type = m_snapshot->types[index];
    const bool isDimmed = m_type && *m_type != type;
    const QColor own = tokens.memoryTypeColor(type);
    const QColor color = isDimmed ? pale(own, tokens.panel, kDimmed) : own;
    double share = 1;
    if (m_snapshot->hasResidency()) {
        share = std::min(1., static_cast<double>(region.rss) / static_cast<double>(region.size()));
    }
    int filled = static_cast<int>(std::lround(share * area.height()));
    filled = region.rss > 0 ? std::max(filled, 1) : filled;
    painter.fillRect(area, pale(color, tokens.panel, kPale));
    // Pale alone has little contrast: a line above it says that something is there.
    painter.fillRect(area.left(), area.top(), area.width(), 2, color);
    painter.fillRect(area.left(), area.bottom() + 1 - filled, area.width(), filled, color);
}

void AddressStrip::paintPieces(QPainter& painter, const QRect& area) const {
    const ThemeTokens& tokens = m_theme.tokens();
    for (int x = 0; x < m_layout.widthPx();) {
        const std::size_t shown = *m_layout.pieceAt(x);
        int end = x + 1;
        const auto right = static_cast<int>(
            std::min<std::int64_t>(m_layout.pixelsOf(shown).right, m_layout.widthPx()));
        while (end < right && m_layout.pieceAt(end) == shown) {
            ++end;
        }
        const AddressPiece& piece = m_layout.pieces()[shown];
        const QRect part(x, area.top(), end - x, area.height());
        if (piece.kind == AddressPieceKind::region) {
            paintRegion(painter, piece.region, part);
            if (part.width() >= kSeparatedFromPx) {
                painter.fillRect(part.right(), part.top(), 1, part.height(), tokens.panel);
            }
        } else if (piece.kind == AddressPieceKind::jump && part.width() >= 5) {
            // Two torn edges, cut off where the view ends.
            const double tooth = part.height() / 8.;
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(QPen(tokens.textSecondary, 1));
            for (const double middle : {part.width() * 0.3, part.width() * 0.7}) {
                QPolygonF edge;
                for (int i = 0; i <= 8; ++i) {
                    edge << QPointF(part.left() + middle + (i % 2 == 0 ? -1.5 : 1.5),
                                    part.top() + i * tooth);
                }
                painter.drawPolyline(edge);
            }
            painter.setRenderHint(QPainter::Antialiasing, false);
        }
        x = end;
    }
}

void AddressStrip::paintSelection(QPainter& painter, const QRect& area) const {
    const auto first = selectedRegion();
    if (!first) {
        return;
    }
    const auto& regions = m_snapshot->space.map.regions;
    std::size_t last = *first;
    while (last + 1 < regions.size() && regions[last + 1].start < m_selection.end) {
        ++last;
    }
    const std::int64_t left = m_layout.pixelsOfRegion(*first).left;
    const std::int64_t right = m_layout.pixelsOfRegion(last).right;
    if (right <= 0 || left >= m_layout.widthPx()) {
        return;
    }
    // A selected pixel alone would not be seen.
    const std::int64_t grow = std::max<std::int64_t>(0, (7 - (right - left)) / 2);
    const auto from = static_cast<int>(std::max<std::int64_t>(left - grow, -4));
    const auto to = static_cast<int>(std::min<std::int64_t>(right + grow, m_layout.widthPx() + 4));
    const QRect outline(from, area.top() + 1, to - from - 1, area.height() - 3);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_theme.tokens().panel, 4));
    painter.drawRect(outline);
    painter.setPen(QPen(m_theme.tokens().text, 2));
    painter.drawRect(outline);
}

// Of the pages at both edges and of where spans begin, as many as have room.
void AddressStrip::paintAddresses(QPainter& painter) const {
    const QFontMetrics metrics = fontMetrics();
    const double ratio = devicePixelRatioF();
    const int top = stripRect().bottom() + 1;
    painter.setPen(m_theme.tokens().textSecondary);
    const AddressRange visible = m_layout.visible();
    const std::uint64_t page = m_snapshot->pageSize;
    const QString last = addressText(visible.end + (page - visible.end % page) % page);
    const int lastWidth = metrics.horizontalAdvance(last) + 1;
    painter.drawText(QRect(width() - lastWidth - 3, top, lastWidth, height() - top),
                     Qt::AlignRight | Qt::AlignVCenter, last);
    painter.drawLine(width() - 1, top, width() - 1, height() - 1);
    int from = 0;
    const int to = width() - lastWidth - 3 - kSpaceGroups;
    const auto label = [&](std::uint64_t address, int x) {
        const QString text = addressText(address);
        const int textWidth = metrics.horizontalAdvance(text);
        if (x < from || x + 3 + textWidth > to) {
            return;
        }
        painter.drawLine(x, top, x, height() - 1);
        painter.drawText(QRect(x + 3, top, textWidth + 1, height() - top),
                         Qt::AlignLeft | Qt::AlignVCenter, text);
        from = x + 3 + textWidth + kSpaceGroups;
    };
    label(visible.start - visible.start % page, 0);
    const auto& pieces = m_layout.pieces();
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        if (pieces[i - 1].kind == AddressPieceKind::jump) {
            const std::int64_t x = m_layout.pixelsOf(i).left;
            if (x >= m_layout.widthPx()) {
                break;
            }
            if (x > 0) {
                label(pieces[i].start, static_cast<int>(static_cast<double>(x) / ratio));
            }
        }
    }
}

void AddressStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeTokens& tokens = m_theme.tokens();
    if (m_layout.isEmpty()) {
        painter.setPen(tokens.textSecondary);
        painter.drawText(rect(), Qt::AlignCenter, tr("No memory map"));
        return;
    }
    const double ratio = devicePixelRatioF();
    painter.save();
    painter.scale(1 / ratio, 1 / ratio);
    const QRect area(0, 0, m_layout.widthPx(), toPx(stripRect().height()));
    painter.fillRect(area, tokens.panel);
    paintPieces(painter, area);
    paintSelection(painter, area);
    painter.restore();
    paintAddresses(painter);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(tokens.accent);
        painter.drawRect(stripRect().adjusted(0, 0, -1, -1));
    }
}

} // namespace ringscope
