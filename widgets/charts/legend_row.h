// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QColor>
#include <QString>
#include <QWidget>

#include <cstddef>
#include <vector>

#include "core/base/units.h"
#include "widgets/theme/theme_tokens.h"

class QToolButton;

namespace ringscope {

// One series in a legend: swatch, name, value. Checked means drawn. The value has the width of the
// widest one its unit has as a rule, so nothing moves when it changes.
class LegendItem : public QAbstractButton {
    Q_OBJECT

public:
    LegendItem(const QString& label, const QString& help, Unit unit, bool isReadoutOnly,
               QWidget* parent);

    void setColors(const QColor& swatch, const ThemeTokens& tokens);
    void setValue(const QString& value); // "" while there is none
    // Of the selected range, for the tooltip; "" without one.
    void setStatistics(const QString& statistics);
    [[nodiscard]] const QString& label() const noexcept { return m_label; }
    [[nodiscard]] const QString& value() const noexcept { return m_value; }
    [[nodiscard]] bool isReadoutOnly() const noexcept { return m_isReadoutOnly; }
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void soloRequested();
    void hovered(bool isHovered);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void describe();
    [[nodiscard]] QRect valueRect() const;

    QString m_label;
    QString m_help;
    QString m_value;
    QString m_statistics;
    QColor m_swatch;
    ThemeTokens m_tokens;
    int m_labelWidth = 0;
    int m_valueWidth = 0;
    qsizetype m_longest = 0; // of the values that there were
    bool m_isReadoutOnly;
};

// The row above a plot: title, then each series with its value. A click hides a series, a double
// click shows it alone; what does not fit or is hidden at first is in the menu at the end.
class LegendRow : public QWidget {
    Q_OBJECT

public:
    struct Entry {
        QString label;
        QString help;
        QColor color;
        Unit unit = Unit::none;
        bool isVisible = true;
        bool isReadoutOnly = false;
    };

    explicit LegendRow(const QString& title, QWidget* parent = nullptr);

    void setEntries(const std::vector<Entry>& entries, const ThemeTokens& tokens);
    void setColors(const std::vector<QColor>& colors, const ThemeTokens& tokens);
    void setValue(std::size_t entry, const QString& value);
    // One that was zero all the time takes no room in the row; the menu still has it.
    void setEmpty(std::size_t entry, bool isEmpty);
    [[nodiscard]] bool isEmpty(std::size_t entry) const { return m_isEmpty[entry]; }
    // Stands in front of the values: "at 00:01:23.4", "mean of 12.4 s"; empty for now.
    void setContext(const QString& context);
    [[nodiscard]] bool isVisible(std::size_t entry) const;
    void setVisible(std::size_t entry, bool isVisible);
    void showOnly(std::size_t entry);      // all, when it is the only one already
    [[nodiscard]] QString readout() const; // all values in words, for screen readers
    [[nodiscard]] LegendItem* item(std::size_t entry) const { return m_items[entry]; }
    void setHeadingIndent(int pixels);
    using QWidget::isVisible;
    using QWidget::setVisible;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void visibilityChanged();
    void hovered(int entry); // -1: none

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();
    void showMenu();

    QString m_title;
    int m_titleWidth;
    QString m_context;
    ThemeTokens m_tokens;
    std::vector<LegendItem*> m_items; // children
    std::vector<bool> m_isEmpty;      // by item
    QToolButton* m_more;              // child
    int m_indent = 0;
};

} // namespace ringscope
