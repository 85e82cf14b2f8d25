// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#include <string>
#include <vector>

#include "core/heap/tracker_environment.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ringscope {

class Preferences;

// Asks for a program with its arguments, and what to record of its heap. GUI thread only.
class ProgramDialog final : public QDialog {
    Q_OBJECT

public:
    ProgramDialog(Preferences& preferences, HeapMode heapMode, QWidget* parent);

    // As a shell splits words, without its other meanings.
    [[nodiscard]] std::vector<std::string> command() const;
    [[nodiscard]] HeapMode heapMode() const;

private:
    void check();
    void chooseFile();

    Preferences& m_preferences;
    QLineEdit* m_command;
    QComboBox* m_heap;
    QLabel* m_help;
    QPushButton* m_run;
};

// "Every block with its call stack", and what that costs.
[[nodiscard]] QString heapModeName(HeapMode mode);
[[nodiscard]] QString heapModeHelp(HeapMode mode);
// Those that can be chosen.
constexpr HeapMode kHeapModes[] = {HeapMode::off, HeapMode::counts, HeapMode::sampled,
                                   HeapMode::exact};

} // namespace ringscope
