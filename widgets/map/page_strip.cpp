// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/page_strip.h"

#include <QHelpEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include "widgets/map/map_ink.h"
#include "widgets/theme/theme.h"

namespace ringscope {

namespace {

constexpr std::array kPageStates = {
    ShownPage::exclusive, ShownPage::shared, ShownPage::huge,       ShownPage::zero,
    ShownPage::swapped,   ShownPage::guard,  ShownPage::notPresent,
};
constexpr int kSmallestStripPx = 24;

QColor colorOf(ShownPage state, const ThemeTokens& tokens) {
    switch (state) {
    case ShownPage::exclusive:
        return tokens.seriesColor(2);
    case ShownPage::shared:
        return tokens.seriesColor(0);
    case ShownPage::huge:
        return tokens.seriesColor(3);
    case ShownPage::zero:
        return tokens.seriesColor(5);
    case ShownPage::swapped:
        return tokens.seriesColor(4);
    case ShownPage::guard:
        return tokens.textSecondary;
    case ShownPage::notPresent:
        break;
    }
    return tokens.grid;
}

// The second cue; solid states lie in one order, from the bottom.
Qt::BrushStyle patternOf(ShownPage state) {
    switch (state) {
    case ShownPage::zero:
        return Qt::HorPattern;
    case ShownPage::swapped:
        return Qt::BDiagPattern;
    case ShownPage::guard:
        return Qt::Dense6Pattern;
    case ShownPage::huge:
        return Qt::VerPattern;
    case ShownPage::exclusive:
    case ShownPage::shared:
    case ShownPage::notPresent:
        break;
    }
    return Qt::SolidPattern;
}

} // namespace

QString shownPageName(ShownPage state, bool knowsZeroAndHuge) {
    switch (state) {
    case ShownPage::exclusive:
        return PageStrip::tr("Private");
    case ShownPage::shared:
        return PageStrip::tr("Shared");
    case ShownPage::huge:
        return PageStrip::tr("Huge");
    case ShownPage::zero:
        return PageStrip::tr("Zero page");
    case ShownPage::swapped:
        return PageStrip::tr("Swapped");
    case ShownPage::guard:
        return PageStrip::tr("Guard");
    case ShownPage::notPresent:
        break;
    }
    return knowsZeroAndHuge ? PageStrip::tr("Not present")
                            : PageStrip::tr("Not present or zero page");
}

double shownPageBytes(const PageColumns& pages, ShownPage state) {
    double sum = 0;
    for (const PageColumn& column : pages.columns) {
        sum += column.of(state);
    }
    const auto size = static_cast<double>(pages.end - pages.start);
    return pages.columns.empty() ? 0 : sum * size / static_cast<double>(pages.columns.size());
}

PageColumn pagesOfPixel(const PageColumns& pages, int x, int widthPx) {
    const auto count = static_cast<std::uint64_t>(pages.columns.size());
    const auto at = static_cast<std::uint64_t>(x);
    const auto width = static_cast<std::uint64_t>(widthPx);
    const std::uint64_t first = at * count / width;
    const std::uint64_t end = std::max(first + 1, (at + 1) * count / width);
    PageColumn mean;
    for (std::uint64_t i = first; i < end; ++i) {
        for (const ShownPage state : kPageStates) {
            mean.of(state) += pages.columns[i].of(state) / static_cast<double>(end - first);
        }
    }
    return mean;
}

PageStrip::PageStrip(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    setAccessibleName(tr("Pages of the selected region"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    refresh();
}

void PageStrip::setPages(std::optional<PageColumns> pages) {
    if (pages == m_pages) {
        return;
    }
    const bool isOtherHeight = pages.has_value() != m_pages.has_value();
    m_pages = std::move(pages);
    if (isOtherHeight) {
        updateGeometry();
    }
    refresh();
}

void PageStrip::setReason(const QString& reason) {
    if (reason != m_reason) {
        m_reason = reason;
        refresh();
    }
}

void PageStrip::setByteScale(ByteScale scale) {
    if (scale != m_byteScale) {
        m_byteScale = scale;
        refresh();
    }
}

void PageStrip::refresh() {
    QString text = tr("No region is selected.");
    if (m_pages) {
        text = addressText(m_pages->start) + QStringLiteral(" – ") + addressText(m_pages->end) +
               QStringLiteral(". ") + legendText().replace(u'\n', QStringLiteral(", ")) + u'.';
        if (!m_pages->remark.isEmpty()) {
            text += u' ' + m_pages->remark;
        }
    }
    if (text != accessibleDescription()) {
        setAccessibleDescription(text);
    }
    updateGeometry();
    update();
}

std::vector<PageStrip::LegendEntry> PageStrip::legend() const {
    std::vector<LegendEntry> entries;
    const int line = fontMetrics().height() + 4;
    const int chip = fontMetrics().ascent();
    int x = 0;
    int y = 0;
    for (const ShownPage state : kPageStates) {
        const double bytes = m_pages ? shownPageBytes(*m_pages, state) : 0;
        if (bytes <= 0) {
            continue;
        }
        // Sums of fractions are a little off; the kernel counts whole bytes.
        const std::string amount = formatBytes(std::round(bytes), m_byteScale);
        LegendEntry entry{state,
                          shownPageName(state, m_pages->knowsZeroAndHuge) + u' ' +
                              QString::fromStdString(amount),
                          {}};
        const int width =
            chip + kSpaceRelated / 2 + fontMetrics().horizontalAdvance(entry.text) + 1;
        if (x > 0 && x + width > this->width()) {
            x = 0;
            y += line;
        }
        entry.area = QRect(x, y, width, line);
        x += width + kSpaceGroups;
        entries.push_back(std::move(entry));
    }
    return entries;
}

QString PageStrip::legendText() const {
    QStringList lines;
    for (const LegendEntry& entry : legend()) {
        lines += entry.text;
    }
    return lines.join(u'\n');
}

int PageStrip::remarkHeight(int width) const {
    if (!m_pages || m_pages->remark.isEmpty()) {
        return 0;
    }
    return fontMetrics()
               .boundingRect(0, 0, width, 1000, Qt::TextWordWrap, m_pages->remark)
               .height() +
           2;
}

QSize PageStrip::sizeHint() const {
    const int line = fontMetrics().height() + 4;
    if (!m_pages) {
        return {700, 2 * line}; // a sentence
    }
    return {700, 2 * line + 3 * fontMetrics().height() + line + remarkHeight(700)};
}

QSize PageStrip::minimumSizeHint() const {
    const int line = fontMetrics().height() + 4;
    if (!m_pages) {
        return {240, 2 * line};
    }
    return {240, 3 * line + kSmallestStripPx + remarkHeight(std::max(240, width()))};
}

QRect PageStrip::stripRect() const {
    const std::vector<LegendEntry> entries = legend();
    const int top = entries.empty() ? 0 : entries.back().area.bottom() + 1;
    const int bottom = height() - fontMetrics().height() - 4 - remarkHeight(width());
    return {0, top, width(), std::max(kSmallestStripPx, bottom - top)};
}

QString PageStrip::toolTipAt(QPoint point) const {
    const QRect strip = stripRect();
    if (!m_pages || m_pages->columns.empty() || !strip.contains(point)) {
        return {};
    }
    const auto width = static_cast<std::uint64_t>(strip.width());
    const auto x = static_cast<std::uint64_t>(point.x() - strip.left());
    const auto columns = static_cast<std::uint64_t>(m_pages->columns.size());
    const std::uint64_t first = x * columns / width;
    const std::uint64_t end = std::max(first + 1, (x + 1) * columns / width);
    const auto address = [&](std::uint64_t column) {
        const auto size = static_cast<double>(m_pages->end - m_pages->start);
        const auto pages = static_cast<std::uint64_t>(
            std::llround(size / static_cast<double>(m_pages->pageSize) *
                         static_cast<double>(column) / static_cast<double>(columns)));
        return std::min(m_pages->start + pages * m_pages->pageSize, m_pages->end);
    };
    QStringList lines{addressText(address(first)) + QStringLiteral(" – ") +
                      addressText(address(end))};
    const PageColumn mean = pagesOfPixel(*m_pages, static_cast<int>(x), strip.width());
    for (const ShownPage state : kPageStates) {
        if (mean.of(state) > 0) {
            const double percent = std::round(mean.of(state) * 1000) / 10;
            lines += shownPageName(state, m_pages->knowsZeroAndHuge) + u' ' +
                     (percent < 0.1 ? QStringLiteral("< 0.1 %")
                                    : QString::fromStdString(formatValue(percent, Unit::percent)));
        }
    }
    return lines.join(u'\n');
}

bool PageStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* const help = static_cast<QHelpEvent*>(event);
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

void PageStrip::paintState(QPainter& painter, const QRectF& area, ShownPage state) const {
    const ThemeTokens& tokens = m_theme.tokens();
    const QColor color = colorOf(state, tokens);
    const Qt::BrushStyle pattern = patternOf(state);
    if (pattern == Qt::SolidPattern) {
        painter.fillRect(area, color);
        return;
    }
    // Guards are dots on nothing, as they hold nothing; the rest is the colour with lines in it.
    const bool isGuard = state == ShownPage::guard;
    painter.fillRect(area, isGuard ? tokens.panel : color);
    painter.fillRect(area, QBrush(isGuard ? color : pale(tokens.panel, color, 0.75), pattern));
}

void PageStrip::paintColumns(QPainter& painter) const {
    const double ratio = devicePixelRatioF();
    const QRect strip = stripRect();
    const int width = static_cast<int>(std::floor(strip.width() * ratio));
    const int top = static_cast<int>(std::floor(strip.top() * ratio));
    const int height = static_cast<int>(std::floor(strip.height() * ratio));
    painter.save();
    painter.scale(1 / ratio, 1 / ratio);
    painter.setClipRect(QRect(0, top, width, height));
    for (int x = 0; x < width;) {
        const PageColumn column = pagesOfPixel(*m_pages, x, width);
        int end = x + 1;
        while (end < width && pagesOfPixel(*m_pages, end, width) == column) {
            ++end;
        }
        double below = 0;
        for (const ShownPage state : kPageStates) {
            const double share = column.of(state);
            if (share <= 0) {
                continue;
            }
            // Edges are rounded, so that states lie close; but none that is there vanishes.
            const auto from = static_cast<int>(std::lround(below * height));
            const auto to =
                std::max(from + 1, static_cast<int>(std::lround((below + share) * height)));
            paintState(painter, QRect(x, top + height - to, end - x, to - from), state);
            below += share;
        }
        x = end;
    }
    painter.restore();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(m_theme.tokens().line);
    painter.drawRect(strip.adjusted(0, 0, -1, -1));
}

void PageStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeTokens& tokens = m_theme.tokens();
    if (!m_pages) {
        painter.setPen(tokens.textSecondary);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         m_reason.isEmpty() ? tr("Select a region to see its pages") : m_reason);
        return;
    }
    const int chip = fontMetrics().ascent();
    for (const LegendEntry& entry : legend()) {
        const QRect box(entry.area.left(), entry.area.top() + (entry.area.height() - chip) / 2,
                        chip, chip);
        paintState(painter, box, entry.state);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(tokens.textSecondary);
        painter.drawRect(box.adjusted(0, 0, -1, -1));
        painter.setPen(tokens.text);
        painter.drawText(entry.area.adjusted(chip + kSpaceRelated / 2, 0, 0, 0),
                         Qt::AlignLeft | Qt::AlignVCenter, entry.text);
    }
    if (!m_pages->columns.empty()) {
        paintColumns(painter);
    }
    const QRect below(0, stripRect().bottom() + 3, width(), fontMetrics().height());
    painter.setPen(tokens.textSecondary);
    painter.drawText(below, Qt::AlignLeft | Qt::AlignTop, addressText(m_pages->start));
    painter.drawText(below, Qt::AlignRight | Qt::AlignTop, addressText(m_pages->end));
    painter.drawText(QRect(0, below.bottom() + 1, width(), remarkHeight(width())),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_pages->remark);
}

} // namespace ringscope
