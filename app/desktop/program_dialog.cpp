// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/program_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/desktop/preferences.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

QString heapModeName(HeapMode mode) {
    switch (mode) {
    case HeapMode::off:
        return ProgramDialog::tr("Nothing");
    case HeapMode::counts:
        return ProgramDialog::tr("Counts");
    case HeapMode::exact:
        return ProgramDialog::tr("Every block with its call stack");
    case HeapMode::sampled:
        return ProgramDialog::tr("Samples with their call stacks");
    }
    return {};
}

QString heapModeHelp(HeapMode mode) {
    switch (mode) {
    case HeapMode::off:
        return ProgramDialog::tr("The program runs without Ringscope's library.");
    case HeapMode::counts:
        return ProgramDialog::tr("Allocations, frees and live bytes, at about the program's own "
                                 "speed.");
    case HeapMode::exact:
        return ProgramDialog::tr("Where it allocates, what is alive and what was at the peak; the "
                                 "program takes up to about twice its time.");
    case HeapMode::sampled:
        return ProgramDialog::tr("The same, estimated from one block in 512 KiB: for programs that "
                                 "are to keep their speed.");
    }
    return {};
}

ProgramDialog::ProgramDialog(Preferences& preferences, HeapMode heapMode, QWidget* parent)
    : QDialog(parent)
    , m_preferences(preferences)
    , m_command(new QLineEdit)
    , m_heap(new QComboBox)
    , m_help(new QLabel) {
    setWindowTitle(tr("Run program"));
    m_command->setPlaceholderText(tr("/usr/bin/sort --reverse \"my file.txt\""));
    m_command->setMinimumWidth(480);
    auto* const browse = new QPushButton(tr("Browse…"));
    browse->setAutoDefault(false);
    auto* const line = new QHBoxLayout;
    line->addWidget(m_command, 1);
    line->addWidget(browse);
    for (const HeapMode mode : kHeapModes) {
        m_heap->addItem(heapModeName(mode), static_cast<int>(mode));
    }
    m_heap->setCurrentIndex(m_heap->findData(static_cast<int>(heapMode)));
    m_help->setWordWrap(true);
    auto* const form = new QFormLayout;
    form->addRow(tr("&Program and arguments"), line);
    qobject_cast<QLabel*>(form->labelForField(line))->setBuddy(m_command);
    form->addRow(tr("Of its &heap record"), m_heap);
    form->addRow(QString(), m_help);
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_run = buttons->addButton(tr("Run"), QDialogButtonBox::AcceptRole);
    m_run->setDefault(true);
    auto* const layout = new QVBoxLayout(this);
    layout->setSpacing(kSpaceGroups);
    layout->addLayout(form);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(browse, &QPushButton::clicked, this, &ProgramDialog::chooseFile);
    connect(m_command, &QLineEdit::textChanged, this, &ProgramDialog::check);
    connect(m_heap, &QComboBox::currentIndexChanged, this, &ProgramDialog::check);
    check();
}

void ProgramDialog::check() {
    m_help->setText(heapModeHelp(heapMode()));
    m_run->setEnabled(!command().empty());
}

void ProgramDialog::chooseFile() {
    auto* const dialog = new QFileDialog(this, tr("Program"), m_preferences.lastFolder());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_preferences.setLastFolder(QFileInfo(path).absolutePath());
        m_command->setText(path.contains(QLatin1Char(' ')) ? QStringLiteral("\"%1\"").arg(path)
                                                           : path);
    });
    dialog->open();
}

std::vector<std::string> ProgramDialog::command() const {
    std::vector<std::string> words;
    for (const QString& word : QProcess::splitCommand(m_command->text())) {
        words.push_back(word.toStdString());
    }
    return words;
}

HeapMode ProgramDialog::heapMode() const {
    return static_cast<HeapMode>(m_heap->currentData().toInt());
}

} // namespace ringscope
