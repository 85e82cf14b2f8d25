// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "widgets/slots/slot_facts.h"

class QGridLayout;
class QLabel;

namespace ringscope {

// All that is known of the selected slot: the pane below the slot map. GUI thread.
class SlotDetails final : public QWidget {
    Q_OBJECT
public:
    explicit SlotDetails(QWidget* parent = nullptr);
    // Nothing selected: says how to select.
    void clear();
    void show(const SlotFacts& facts, const SlotSnapshot& snapshot);
    // The selected slot has not been read yet.
    void showUnread(std::uint64_t slot);
    // What is shown, one line each.
    [[nodiscard]] QString plainText() const;

private:
    void setLine(std::size_t index, const QString& name, const QString& value);
    void hideLinesFrom(std::size_t index);

    struct Line {
        QLabel* name;
        QLabel* value;
    };
    QLabel* m_title;
    QGridLayout* m_grid;
    std::vector<Line> m_lines; // grows, never shrinks
};

} // namespace ringscope
