// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/flame_graph.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "widgets/heap/heap_text.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr int kRowPx = 20;
constexpr int kTextPaddingPx = 4;
constexpr double kLeastTextPx = 24;

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto channel = [share](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * share));
    };
    return {channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue())};
}

} // namespace

FlameGraph::FlameGraph(const Theme& theme, QWidget* parent)
    : QAbstractScrollArea(parent)
    , m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Flame graph"));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFrameShape(QFrame::NoFrame);
    viewport()->setMouseTracking(true);
    verticalScrollBar()->setSingleStep(kRowPx);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void FlameGraph::setTree(std::shared_ptr<const CallTree> tree) {
    m_tree = std::move(tree);
    m_focus = 0;
    m_selected = 0;
    findColors();
    findMatches();
    layOut();
}

void FlameGraph::setMeasure(HeapMeasure measure) {
    m_measure = measure;
    findMatches();
    layOut();
}

void FlameGraph::setByteScale(ByteScale scale) {
    m_scale = scale;
    viewport()->update();
}

void FlameGraph::setFindText(const QString& text) {
    m_text = text.trimmed();
    findMatches();
    viewport()->update();
}

// Modules in the order in which they come up, so that the first ones differ.
void FlameGraph::findColors() {
    m_colors.clear();
    std::unordered_map<std::string, std::size_t> known;
    for (std::size_t i = 0; m_tree != nullptr && i < m_tree->functions().size(); ++i) {
        const std::string& module = m_tree->functions()[i].module;
        const std::size_t next = known.size();
        m_colors.push_back(module.empty() ? 0 : known.try_emplace(module, next).first->second);
    }
}

void FlameGraph::findMatches() {
    m_isMatch.clear();
    m_found = 0;
    if (m_text.isEmpty() || m_tree == nullptr) {
        return;
    }
    for (const CallFunction& function : m_tree->functions()) {
        m_isMatch.push_back(
            QString::fromStdString(function.name).contains(m_text, Qt::CaseInsensitive) ||
            QString::fromStdString(function.file).contains(m_text, Qt::CaseInsensitive) ||
            QString::fromStdString(function.module).contains(m_text, Qt::CaseInsensitive));
    }
    // A call below a match is part of it already.
    const auto& nodes = m_tree->nodes();
    std::vector<char> isInside(nodes.size(), 0);
    for (std::uint32_t i = 1; i < nodes.size(); ++i) {
        if (isInside[nodes[i].parent] != 0) {
            isInside[i] = 1;
        } else if (m_isMatch[nodes[i].function] != 0) {
            isInside[i] = 1;
            m_found += nodes[i].total[m_measure];
        }
    }
}

void FlameGraph::layOut() {
    const int width = std::max(viewport()->width(), 1);
    m_boxes = m_tree == nullptr ? std::vector<FlameBox>()
                                : flameBoxes(*m_tree, m_measure, m_focus, 1.0 / width);
    const int below = std::max(fullHeight() - viewport()->height(), 0);
    verticalScrollBar()->setRange(0, below);
    verticalScrollBar()->setPageStep(viewport()->height());
    viewport()->update();
}

int FlameGraph::fullHeight() const {
    return m_boxes.empty() ? 0 : static_cast<int>(m_boxes.back().row + 1) * kRowPx;
}

void FlameGraph::select(std::uint32_t node) {
    m_selected = node;
    if (const FlameBox* const box = boxOf(node)) {
        const int top = static_cast<int>(box->row) * kRowPx;
        QScrollBar& bar = *verticalScrollBar();
        if (top < bar.value() || top + kRowPx > bar.value() + viewport()->height()) {
            bar.setValue(top - viewport()->height() / 2);
        }
    }
    viewport()->update();
}

void FlameGraph::zoomTo(std::uint32_t node) {
    if (m_tree == nullptr || node == m_focus) {
        return;
    }
    m_focus = node;
    layOut();
    Q_EMIT focusChanged(node);
}

const FlameBox* FlameGraph::boxOf(std::uint32_t node) const {
    const auto it = std::find_if(m_boxes.begin(), m_boxes.end(),
                                 [node](const FlameBox& box) { return box.node == node; });
    return node != 0 && it != m_boxes.end() ? &*it : nullptr;
}

QRectF FlameGraph::rectOf(const FlameBox& box) const {
    const double width = viewport()->width();
    return {box.left * width,
            static_cast<double>(static_cast<int>(box.row) * kRowPx - verticalScrollBar()->value()),
            box.width * width, kRowPx};
}

std::optional<FlameBox> FlameGraph::boxAt(QPoint point) const {
    for (const FlameBox& box : m_boxes) {
        if (rectOf(box).contains(point)) {
            return box;
        }
    }
    return std::nullopt;
}

QString FlameGraph::toolTipOf(std::uint32_t node) const {
    if (m_tree == nullptr || node >= m_tree->nodes().size()) {
        return {};
    }
    const CallTree::Node& at = m_tree->nodes()[node];
    const CallFunction& function = m_tree->functionOf(node);
    QString text =
        QStringLiteral("<p style='white-space:normal'><b>%1</b></p>")
            .arg(node == 0 ? tr("All call stacks") : shortName(function.name).toHtmlEscaped());
    if (node != 0) {
        QString place =
            QString::fromStdString(function.file.empty() ? function.module : function.file);
        if (!function.file.empty() && at.line != 0) {
            place += QStringLiteral(":%1").arg(at.line);
        }
        text += QStringLiteral("<p style='white-space:pre'>%1</p>").arg(place.toHtmlEscaped());
    }
    text += QStringLiteral("<table>");
    for (const HeapMeasure measure : {HeapMeasure::peak, HeapMeasure::live, HeapMeasure::total,
                                      HeapMeasure::count, HeapMeasure::temporary}) {
        const std::uint64_t value = at.total[measure];
        const QString cell = value == 0 ? QStringLiteral("0") : valueText(measure, value, m_scale);
        text += QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td align=right>%2&nbsp;&nbsp;</td>"
                               "<td align=right>%3</td></tr>")
                    .arg(measureName(measure), cell,
                         shareText(value, m_tree->nodes()[0].total[measure]).toHtmlEscaped());
    }
    return text + QStringLiteral("</table>");
}

bool FlameGraph::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* const help = static_cast<QHelpEvent*>(event);
        const auto box = boxAt(help->pos());
        QToolTip::showText(help->globalPos(), box ? toolTipOf(box->node) : QString(), viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void FlameGraph::paintBox(QPainter& painter, const FlameBox& box, const QRectF& rect) const {
    const ThemeTokens& tokens = m_theme.tokens();
    const CallFunction& function = m_tree->functionOf(box.node);
    const bool isRoot = box.node == 0;
    const bool isFound =
        !m_isMatch.empty() && !isRoot && m_isMatch[m_tree->nodes()[box.node].function] != 0;
    const QColor base = isRoot || function.module.empty()
                            ? tokens.grid
                            : tokens.seriesColor(m_colors[m_tree->nodes()[box.node].function]);
    QColor fill = mixed(tokens.panel, base, tokens.isDark ? 0.42 : 0.30);
    if (!m_isMatch.empty() && !isFound) {
        fill = mixed(tokens.panel, fill, 0.35);
    }
    if (isFound) {
        fill = tokens.accent;
    }
    const QRectF inner = rect.adjusted(0, 0, rect.width() > 3 ? -1 : 0, -1);
    painter.fillRect(inner, fill);
    if (box.node == m_selected && m_selected != 0) {
        painter.setPen(QPen(tokens.text, 2));
        painter.drawRect(inner.adjusted(1, 1, -1, -1));
    }
    if (rect.width() < kLeastTextPx) {
        return;
    }
    const std::uint64_t value = m_tree->nodes()[box.node].total[m_measure];
    const QString name =
        isRoot ? tr("All: %1").arg(valueText(m_measure, value, m_scale)) : shortName(function.name);
    painter.setPen(isFound ? tokens.accentText
                           : (!m_isMatch.empty() ? tokens.textSecondary : tokens.text));
    const QRectF room = inner.adjusted(kTextPaddingPx, 0, -kTextPaddingPx, 0);
    painter.drawText(
        room, Qt::AlignVCenter | Qt::AlignLeft,
        painter.fontMetrics().elidedText(name, Qt::ElideRight, static_cast<int>(room.width())));
}

void FlameGraph::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), m_theme.tokens().panel);
    painter.setFont(bodyFont());
    if (m_boxes.empty()) {
        painter.setPen(m_theme.tokens().textSecondary);
        painter.drawText(viewport()->rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         m_tree == nullptr ? QString() : tr("Nothing of this kind was allocated."));
        return;
    }
    for (const FlameBox& box : m_boxes) {
        const QRectF rect = rectOf(box);
        if (rect.bottom() >= 0 && rect.top() <= viewport()->height()) {
            paintBox(painter, box, rect);
        }
    }
}

void FlameGraph::paintAll(QPainter& painter, int width) const {
    if (m_tree == nullptr) {
        return;
    }
    for (const FlameBox& box : flameBoxes(*m_tree, m_measure, m_focus, 1.0 / std::max(width, 1))) {
        paintBox(
            painter, box,
            {box.left * width, static_cast<double>(box.row) * kRowPx, box.width * width, kRowPx});
    }
}

void FlameGraph::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    layOut();
}

void FlameGraph::choose(std::uint32_t node) {
    select(node);
    Q_EMIT nodeSelected(node);
}

void FlameGraph::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        const auto box = boxAt(event->pos());
        choose(box ? box->node : 0);
    }
}

void FlameGraph::mouseReleaseEvent(QMouseEvent* event) {
    event->accept();
}

void FlameGraph::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const auto box = boxAt(event->pos())) {
        zoomTo(box->node);
    }
}

void FlameGraph::chooseBeside(int step) {
    const FlameBox* const now = boxOf(m_selected);
    if (now == nullptr) {
        return;
    }
    const FlameBox* const other = now + step;
    if (other >= m_boxes.data() && other < m_boxes.data() + m_boxes.size() &&
        other->row == now->row) {
        choose(other->node);
    }
}

void FlameGraph::chooseRow(bool isBelow) {
    if (m_tree == nullptr || m_boxes.empty()) {
        return;
    }
    if (!isBelow) {
        choose(m_tree->nodes()[m_selected].parent);
        return;
    }
    for (const FlameBox& box : m_boxes) { // the widest comes first
        if (box.node != 0 && m_tree->nodes()[box.node].parent == m_selected) {
            choose(box.node);
            return;
        }
    }
}

void FlameGraph::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left:
        return chooseBeside(-1);
    case Qt::Key_Right:
        return chooseBeside(1);
    case Qt::Key_Up:
        return chooseRow(false);
    case Qt::Key_Down:
        return chooseRow(true);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        return zoomTo(m_selected);
    case Qt::Key_Escape:
        return zoomTo(0);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace ringscope
