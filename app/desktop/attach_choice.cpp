// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/attach_choice.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "core/heap/attach_linux.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

QString nameOf(HeapMode mode) {
    switch (mode) {
    case HeapMode::counts:
        return AttachChoice::tr("Counts from now on");
    case HeapMode::sampled:
        return AttachChoice::tr("Samples with their call stacks from now on");
    case HeapMode::exact:
        return AttachChoice::tr("Every block with its call stack from now on");
    case HeapMode::off:
        break;
    }
    return AttachChoice::tr("Nothing");
}

QString costOf(HeapMode mode) {
    return mode == HeapMode::exact     ? AttachChoice::tr("it takes up to about twice its time")
           : mode == HeapMode::sampled ? AttachChoice::tr("it keeps about its speed")
                                       : AttachChoice::tr("it keeps its speed");
}

} // namespace

AttachChoice::AttachChoice(QWidget* parent)
    : QWidget(parent)
    , m_modes(new QComboBox)
    , m_help(new QLabel) {
    auto* const label = new QLabel(tr("Of its &heap record"));
    label->setBuddy(m_modes);
    for (const HeapMode mode :
         {HeapMode::off, HeapMode::counts, HeapMode::sampled, HeapMode::exact}) {
        m_modes->addItem(nameOf(mode), static_cast<int>(mode));
    }
    m_help->setWordWrap(true);
    // Longer and shorter ones leave the list above it as it is.
    m_help->setMinimumHeight(2 * m_help->fontMetrics().lineSpacing());
    m_help->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* const row = new QHBoxLayout;
    row->setSpacing(kSpaceRelated);
    row->addWidget(label);
    row->addWidget(m_modes);
    row->addStretch(1);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpaceRelated);
    layout->addLayout(row);
    layout->addWidget(m_help);
    connect(m_modes, &QComboBox::currentIndexChanged, this, &AttachChoice::showHelp);
    showHelp();
}

void AttachChoice::showHelp() {
    m_help->setText(mode() == HeapMode::off
                        ? tr("Its memory is watched from outside; the process does not notice.")
                        : tr("%1. Until the session ends %2, then it is let go of.")
                              .arg(QString::fromLatin1(kAttachRisk), costOf(mode())));
}

HeapMode AttachChoice::mode() const {
    return static_cast<HeapMode>(m_modes->currentData().toInt());
}

QString AttachChoice::help() const {
    return m_help->text();
}

} // namespace ringscope
