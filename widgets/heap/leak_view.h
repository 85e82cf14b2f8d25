// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <array>
#include <cstdint>
#include <memory>

#include "core/base/units.h"
#include "widgets/heap/leak_rows.h"

class QCheckBox;
class QLabel;
class QPushButton;

namespace ringscope {

class LeakTable;

// What a search for leaks has found, by kind and call stack, with a sentence on how, and a button
// that asks for one. GUI thread.
class LeakView final : public QWidget {
    Q_OBJECT
public:
    explicit LeakView(QWidget* parent = nullptr);

    enum class Search { impossible, possible, underWay };
    void setSearch(Search search);
    void setSentence(const QString& text);
    void setRows(std::shared_ptr<const LeakRows> rows); // null: nothing was searched
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);

    [[nodiscard]] LeakTable& table() { return *m_table; }
    [[nodiscard]] QString sentence() const;
    // "Definitely lost: 380 B in 5 blocks"; shows and hides them.
    [[nodiscard]] QCheckBox& kindBox(LeakKind kind) {
        return *m_kinds[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] QPushButton& searchButton() { return *m_search; }

Q_SIGNALS:
    void searchRequested();

private:
    void showSums();

    QPushButton* m_search;
    QLabel* m_sentence;
    std::array<QCheckBox*, 4> m_kinds{}; // by LeakKind
    QLabel* m_suppressed;
    LeakTable* m_table;
    std::shared_ptr<const LeakRows> m_found;
    ByteScale m_scale = ByteScale::automatic;
};

} // namespace ringscope
