// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <memory>

#include "core/base/units.h"
#include "core/heap/call_tree.h"

namespace ringscope {

class FunctionTableModel;
class Theme;

// The functions of a profile, largest first. A double click asks who calls one, its menu what it
// calls too. Ctrl+C copies the selected row. GUI thread.
class FunctionTable final : public QTreeView {
    Q_OBJECT
public:
    explicit FunctionTable(const Theme& theme, QWidget* parent = nullptr);

    void setTree(std::shared_ptr<const CallTree> tree); // null: nothing to show
    void setMeasure(HeapMeasure measure);
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);
    [[nodiscard]] FunctionTableModel& functions() { return *m_model; }

Q_SIGNALS:
    // Its callers (fromAllocation) or what it calls (fromMain).
    void aroundRequested(const ringscope::CallFunction& function,
                         ringscope::CallDirection direction);
    void sourceRequested(const QString& file, int line);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void copyRow();

    FunctionTableModel* m_model;
};

} // namespace ringscope
