// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/slots/slot_details.h"

#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "widgets/slots/slot_text.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

namespace {

constexpr std::size_t kUsualLines = 6; // room is kept for them, so that the map does not move

void setText(QLabel* label, const QString& text) {
    if (label->text() != text) { // setting an equal text would repaint
        label->setText(text);
    }
}

} // namespace

SlotDetails::SlotDetails(QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_grid(new QGridLayout) {
    setAccessibleName(tr("Selected slot"));
    m_title->setFont(headingFont());
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setWordWrap(true);
    m_grid->setHorizontalSpacing(kSpaceRelated);
    m_grid->setVerticalSpacing(2);
    m_grid->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_title);
    layout->addLayout(m_grid);
    layout->addStretch();
    setMinimumHeight(fontMetrics().height() * static_cast<int>(kUsualLines + 1) +
                     2 * static_cast<int>(kUsualLines) + 4);
    clear();
}

void SlotDetails::setLine(std::size_t index, const QString& name, const QString& value) {
    if (index == m_lines.size()) {
        auto* nameLabel = new QLabel(this);
        nameLabel->setForegroundRole(QPalette::PlaceholderText);
        auto* valueLabel = new QLabel(this);
        valueLabel->setTextInteractionFlags(Qt::TextSelectableByMouse);
        valueLabel->setWordWrap(true);
        const int row = static_cast<int>(index);
        m_grid->addWidget(nameLabel, row, 0, Qt::AlignTop);
        m_grid->addWidget(valueLabel, row, 1);
        m_lines.push_back({nameLabel, valueLabel});
    }
    setText(m_lines[index].name, name);
    setText(m_lines[index].value, value);
    m_lines[index].value->setAccessibleName(name);
    m_lines[index].name->setVisible(true);
    m_lines[index].value->setVisible(true);
}

void SlotDetails::hideLinesFrom(std::size_t index) {
    for (; index < m_lines.size(); ++index) {
        m_lines[index].name->setVisible(false);
        m_lines[index].value->setVisible(false);
        m_lines[index].name->clear();
        m_lines[index].value->clear();
    }
}

void SlotDetails::clear() {
    setText(m_title, tr("No slot selected"));
    setLine(0, {}, tr("Click a slot to see who holds it and what is in it."));
    hideLinesFrom(1);
}

void SlotDetails::showUnread(std::uint64_t slot) {
    setText(m_title, tr("Slot %1").arg(groupedDigits(slot)));
    setLine(0, {}, tr("It has not been read yet."));
    hideLinesFrom(1);
}

void SlotDetails::show(const SlotFacts& facts, const SlotSnapshot& snapshot) {
    setText(m_title, slotTitle(facts));
    const std::vector<SlotLine> lines = slotLines(facts, snapshot);
    for (std::size_t index = 0; index < lines.size(); ++index) {
        setLine(index, lines[index].name, lines[index].value);
    }
    hideLinesFrom(lines.size());
}

QString SlotDetails::plainText() const {
    QString text = m_title->text();
    for (const Line& line : m_lines) {
        if (!line.value->text().isEmpty()) {
            text += u'\n' + (line.name->text().isEmpty()
                                 ? line.value->text()
                                 : line.name->text() + QStringLiteral(": ") + line.value->text());
        }
    }
    return text;
}

} // namespace ringscope
