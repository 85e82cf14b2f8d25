// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <cstdint>
#include <memory>

#include "core/base/units.h"
#include "core/heap/heap_blocks.h"

namespace ringscope {

class BlockTableModel;

// The blocks that are alive, largest first. A double click asks for the stack of one. Ctrl+C copies
// the selected rows. GUI thread.
class BlockTable final : public QTreeView {
    Q_OBJECT
public:
    explicit BlockTable(QWidget* parent = nullptr);

    void setBlocks(std::shared_ptr<const HeapBlocks> blocks); // null: nothing to show
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);
    [[nodiscard]] BlockTableModel& blocks() { return *m_model; }

Q_SIGNALS:
    void stackRequested(std::uint32_t stack); // of HeapProfile::stacks

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void copyRows();

    BlockTableModel* m_model;
};

} // namespace ringscope
