// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <cstdint>
#include <memory>

#include "core/base/units.h"
#include "widgets/heap/leak_rows.h"

namespace ringscope {

class LeakTableModel;

// Call stacks of which blocks are lost. The row that is gone to names its stack, a double click
// asks for it. Ctrl+C copies the selected rows. GUI thread.
class LeakTable final : public QTreeView {
    Q_OBJECT
public:
    explicit LeakTable(QWidget* parent = nullptr);

    void setRows(std::shared_ptr<const LeakRows> rows); // null: nothing to show
    void setKindShown(LeakKind kind, bool isShown);
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);
    [[nodiscard]] LeakTableModel& leaks() { return *m_model; }

Q_SIGNALS:
    void stackChosen(std::uint32_t number); // HeapStack::number
    void stackRequested(std::uint32_t number);

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void copyRows();

    LeakTableModel* m_model;
};

} // namespace ringscope
