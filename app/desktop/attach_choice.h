// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include "core/heap/tracker_environment.h"

class QComboBox;
class QLabel;

namespace ringscope {

// What to record of the heap of a process that runs already, with what that does to it. Nothing at
// first. GUI thread only.
class AttachChoice final : public QWidget {
    Q_OBJECT

public:
    explicit AttachChoice(QWidget* parent = nullptr);

    [[nodiscard]] HeapMode mode() const;
    [[nodiscard]] QComboBox& modes() { return *m_modes; }
    [[nodiscard]] QString help() const;

private:
    void showHelp();

    QComboBox* m_modes;
    QLabel* m_help;
};

} // namespace ringscope
