// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/charts/legend_row.h"

#include <QAction>
#include <QFontMetrics>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QStringList>
#include <QToolButton>

#include <algorithm>
#include <array>

namespace ringscope {

namespace {

constexpr int kSwatch = 10;
constexpr int kInner = 6;
constexpr int kHeight = 24;
constexpr std::size_t kMaxInRow = 9;

// The widest value that formatValue() gives for a unit.
int valueWidth(Unit unit, const QFontMetrics& metrics) {
    static constexpr std::array<double, 8> kWide{0.088,   88.8,    888.8,  8888,
                                                 88888.0, 888.8e3, 8.88e6, 88.8e9};
    int widest = metrics.horizontalAdvance(QStringLiteral("–"));
    for (const double value : kWide) {
        const double shown = unit == Unit::percent ? std::min(value, 88.8) : value;
        widest = std::max(
            widest, metrics.horizontalAdvance(QString::fromStdString(formatValue(shown, unit))));
    }
    return widest;
}

} // namespace

LegendItem::LegendItem(const QString& label, const QString& help, Unit unit, bool isReadoutOnly,
                       QWidget* parent)
    : QAbstractButton(parent)
    , m_label(label)
    , m_help(help)
    , m_isReadoutOnly(isReadoutOnly) {
    setFont(bodyFont());
    setCheckable(!isReadoutOnly);
    setFocusPolicy(isReadoutOnly ? Qt::NoFocus : Qt::TabFocus);
    if (!isReadoutOnly) {
        setCursor(Qt::PointingHandCursor);
    }
    const QFontMetrics metrics(font());
    m_labelWidth = metrics.horizontalAdvance(label);
    m_valueWidth = valueWidth(unit, metrics);
    setAccessibleName(label);
    describe();
}

void LegendItem::describe() {
    QString text = m_statistics.isEmpty() ? m_help : m_statistics;
    if (!m_isReadoutOnly) {
        text += (text.isEmpty() ? QString() : QStringLiteral("\n")) +
                tr("Click hides or shows it, double click shows it alone.");
    }
    setToolTip(m_label + QStringLiteral(": ") + text);
}

void LegendItem::setColors(const QColor& swatch, const ThemeTokens& tokens) {
    m_swatch = swatch;
    m_tokens = tokens;
    update();
}

void LegendItem::setValue(const QString& value) {
    if (value != m_value) {
        m_value = value;
        if (value.size() > m_longest) { // measured seldom: it costs as much as painting
            m_longest = value.size();
            m_valueWidth = std::max(m_valueWidth, QFontMetrics(font()).horizontalAdvance(value));
        }
        setAccessibleDescription(value);
        update(valueRect());
    }
}

void LegendItem::setStatistics(const QString& statistics) {
    if (statistics != m_statistics) {
        m_statistics = statistics;
        describe();
    }
}

QSize LegendItem::sizeHint() const {
    const int swatch = m_isReadoutOnly ? 0 : kSwatch + kInner;
    return {swatch + m_labelWidth + kInner + m_valueWidth, kHeight};
}

QRect LegendItem::valueRect() const {
    const int swatch = m_isReadoutOnly ? 0 : kSwatch + kInner;
    return {swatch + m_labelWidth + kInner, 0, m_valueWidth + 2, height()};
}

// A new value comes several times a second: then nothing else is painted.
void LegendItem::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    const bool isDrawn = m_isReadoutOnly || isChecked();
    if (!valueRect().contains(event->rect())) {
        int x = 0;
        if (!m_isReadoutOnly) {
            const QRect swatch(0, (height() - kSwatch) / 2, kSwatch, kSwatch);
            if (isDrawn) {
                painter.fillRect(swatch, m_swatch);
            } else {
                painter.setPen(m_tokens.textSecondary);
                painter.drawRect(swatch.adjusted(0, 0, -1, -1));
            }
            x = kSwatch + kInner;
        }
        painter.setPen(m_tokens.textSecondary);
        QFont labelFont = font();
        labelFont.setStrikeOut(!isDrawn);
        painter.setFont(labelFont);
        painter.drawText(QRect(x, 0, m_labelWidth + 2, height()), Qt::AlignVCenter | Qt::AlignLeft,
                         m_label);
    }
    if (isDrawn) {
        painter.setFont(font());
        painter.setPen(m_tokens.text);
        painter.drawText(valueRect(), Qt::AlignVCenter | Qt::AlignLeft, m_value);
    }
    if (hasFocus()) {
        painter.setPen(m_tokens.accent);
        painter.drawRect(rect().adjusted(0, 2, -1, -3));
    }
}

void LegendItem::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && !m_isReadoutOnly) {
        Q_EMIT soloRequested();
    }
}

void LegendItem::enterEvent(QEnterEvent* event) {
    QAbstractButton::enterEvent(event);
    Q_EMIT hovered(true);
}

void LegendItem::leaveEvent(QEvent* event) {
    QAbstractButton::leaveEvent(event);
    Q_EMIT hovered(false);
}

LegendRow::LegendRow(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_title(title)
    , m_titleWidth(QFontMetrics(headingFont()).horizontalAdvance(title))
    , m_tokens(lightTokens())
    , m_more(new QToolButton(this)) {
    setFixedHeight(kHeight);
    setAttribute(Qt::WA_OpaquePaintEvent);
    m_more->setFont(bodyFont());
    m_more->setAutoRaise(true);
    m_more->setFocusPolicy(Qt::TabFocus);
    m_more->hide();
    connect(m_more, &QToolButton::clicked, this, &LegendRow::showMenu);
}

void LegendRow::setEntries(const std::vector<Entry>& entries, const ThemeTokens& tokens) {
    qDeleteAll(m_items);
    m_items.clear();
    m_isEmpty.assign(entries.size(), false);
    m_tokens = tokens;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        auto* item = new LegendItem(entry.label, entry.help, entry.unit, entry.isReadoutOnly, this);
        item->setColors(entry.color, tokens);
        item->setChecked(entry.isVisible);
        item->hide();
        connect(item, &QAbstractButton::toggled, this, &LegendRow::visibilityChanged);
        connect(item, &LegendItem::soloRequested, this, [this, i] { showOnly(i); });
        connect(item, &LegendItem::hovered, this,
                [this, i](bool isIn) { Q_EMIT hovered(isIn ? static_cast<int>(i) : -1); });
        m_items.push_back(item);
    }
    arrange();
}

void LegendRow::setColors(const std::vector<QColor>& colors, const ThemeTokens& tokens) {
    m_tokens = tokens;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        m_items[i]->setColors(colors[i], tokens);
    }
    update();
}

void LegendRow::setValue(std::size_t entry, const QString& value) {
    LegendItem& item = *m_items[entry];
    const QSize size = item.sizeHint();
    item.setValue(value);
    if (item.sizeHint() != size) {
        arrange();
    }
}

void LegendRow::setEmpty(std::size_t entry, bool isEmpty) {
    if (m_isEmpty[entry] != isEmpty) {
        m_isEmpty[entry] = isEmpty;
        arrange();
    }
}

void LegendRow::setContext(const QString& context) {
    if (context != m_context) {
        m_context = context;
        update();
    }
}

bool LegendRow::isVisible(std::size_t entry) const {
    return m_items[entry]->isChecked();
}

void LegendRow::setVisible(std::size_t entry, bool isVisible) {
    m_items[entry]->setChecked(isVisible);
    arrange();
}

// The first click of a double click has toggled the series already: none left means that it was
// alone.
void LegendRow::showOnly(std::size_t entry) {
    const bool wasAlone = std::none_of(m_items.begin(), m_items.end(), [](const LegendItem* item) {
        return item->isCheckable() && item->isChecked();
    });
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const bool isInRow = m_items[i]->isVisibleTo(this);
        m_items[i]->setChecked(wasAlone ? isInRow || m_isEmpty[i] : i == entry);
    }
    arrange();
}

QString LegendRow::readout() const {
    QStringList parts;
    for (const LegendItem* item : m_items) {
        if (item->isReadoutOnly() || item->isChecked()) {
            parts.append(item->label() + QLatin1Char(' ') + item->value());
        }
    }
    const QString values = parts.join(QStringLiteral(", "));
    return m_context.isEmpty() ? values : m_context + QStringLiteral(": ") + values;
}

void LegendRow::setHeadingIndent(int pixels) {
    if (pixels != m_indent) {
        m_indent = pixels;
        arrange();
        update();
    }
}

QSize LegendRow::sizeHint() const {
    return {400, kHeight};
}

QSize LegendRow::minimumSizeHint() const {
    return {120, kHeight};
}

void LegendRow::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    painter.fillRect(event->rect(), m_tokens.panel);
    // Below values that change there is nothing of the row's own.
    if (event->region().intersects(QRect(0, 0, kSpaceRelated + m_titleWidth, height()))) {
        painter.setFont(headingFont());
        painter.setPen(m_tokens.text);
        painter.drawText(QRect(kSpaceRelated, 0, width(), height()),
                         Qt::AlignVCenter | Qt::AlignLeft, m_title);
    }
    if (!m_context.isEmpty()) {
        painter.setFont(bodyFont());
        painter.setPen(m_tokens.textSecondary);
        painter.drawText(rect().adjusted(0, 0, -kSpaceRelated, 0),
                         Qt::AlignVCenter | Qt::AlignRight, m_context);
    }
}

void LegendRow::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

// Read-outs that are not drawn come last in the row, apart; hidden series that were never shown and
// what does not fit go into the menu.
void LegendRow::arrange() {
    int x = std::max(m_indent, kSpaceRelated + m_titleWidth + kSpaceGroups);
    const int moreWidth = QFontMetrics(bodyFont()).horizontalAdvance(QStringLiteral("+888")) + 16;
    // Room on the right for what setContext() says.
    const int right =
        width() - kSpaceRelated -
        QFontMetrics(bodyFont()).horizontalAdvance(QStringLiteral("mean of 88.88 ms"));
    const auto isWanted = [this](const LegendItem* item) {
        return item->isReadoutOnly() || item->isChecked() || item->isVisibleTo(this);
    };
    int all = x;
    for (const LegendItem* item : m_items) {
        all += item->sizeHint().width() + kSpaceGroups;
    }
    const bool hasRoomForAll = all - kSpaceGroups <= right && m_items.size() <= kMaxInRow &&
                               std::all_of(m_items.begin(), m_items.end(), isWanted);
    const int end = hasRoomForAll ? right : right - moreWidth;
    std::size_t shown = 0;
    int hidden = 0;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        LegendItem* const item = m_items[i];
        const QSize size = item->sizeHint();
        if (!m_isEmpty[i] && isWanted(item) && shown < kMaxInRow && x + size.width() <= end) {
            item->setGeometry(x, 0, size.width(), kHeight);
            item->show();
            x += size.width() + kSpaceGroups;
            ++shown;
        } else {
            item->hide();
            hidden += item->isReadoutOnly() ? 0 : 1;
        }
    }
    m_more->setVisible(hidden > 0);
    m_more->setText(QStringLiteral("+%1").arg(hidden));
    m_more->setAccessibleName(tr("%1 more series of %2").arg(hidden).arg(m_title));
    m_more->setToolTip(tr("%1 more series: choose which are drawn").arg(hidden));
    m_more->setGeometry(x, 1, moreWidth, kHeight - 2);
}

void LegendRow::showMenu() {
    QMenu menu(this);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        if (m_items[i]->isReadoutOnly()) {
            continue;
        }
        QAction* action =
            menu.addAction(m_items[i]->label() + QLatin1Char('\t') + m_items[i]->value());
        action->setCheckable(true);
        action->setChecked(m_items[i]->isChecked());
        connect(action, &QAction::toggled, this, [this, i](bool isOn) { setVisible(i, isOn); });
    }
    menu.exec(m_more->mapToGlobal(QPoint(0, m_more->height())));
}

} // namespace ringscope
