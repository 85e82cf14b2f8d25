// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/heap/call_tree.h"

namespace ringscope {

class CallTreeModel;
class Theme;

// The table of a call tree. Ctrl+C copies the selected row, with its callers. GUI thread.
class CallTreeView final : public QTreeView {
    Q_OBJECT
public:
    explicit CallTreeView(const Theme& theme, QWidget* parent = nullptr);

    void setTree(std::shared_ptr<const CallTree> tree);
    // A later one of the same process: rows that are open stay so.
    void updateTree(std::shared_ptr<const CallTree> tree);
    void setMeasure(HeapMeasure measure);
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);
    void findNext();
    void select(std::uint32_t node); // opens what is above it; emits nothing
    // The selected call and its callers, a line each, with numbers and places.
    [[nodiscard]] QString selectedText() const;
    [[nodiscard]] CallTreeModel& calls() { return *m_model; }

Q_SIGNALS:
    void nodeSelected(quint32 node);
    // The callers of a function (fromAllocation) or what it calls (fromMain).
    void aroundRequested(const ringscope::CallFunction& function,
                         ringscope::CallDirection direction);
    // Its file is to be opened at the line; 0: not known.
    void sourceRequested(const QString& file, int line);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void openHeaviest();
    [[nodiscard]] std::vector<std::vector<std::string>> openPaths() const;
    void requestSource(const QModelIndex& index);

    CallTreeModel* m_model;
    bool m_isSelecting = false;
};

} // namespace ringscope
