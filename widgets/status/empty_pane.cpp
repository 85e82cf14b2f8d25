// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/status/empty_pane.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

EmptyPane::EmptyPane(const QString& sentence, const QString& buttonText, QWidget* parent)
    : QWidget(parent)
    , m_sentence(new QLabel(this))
    , m_button(new QPushButton(buttonText, this)) {
    m_sentence->setWordWrap(true);
    m_sentence->setAlignment(Qt::AlignCenter);
    // The palette's placeholder colour is the theme's secondary text.
    m_sentence->setForegroundRole(QPalette::PlaceholderText);
    m_button->setVisible(!buttonText.isEmpty());
    connect(m_button, &QPushButton::clicked, this, &EmptyPane::activated);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    layout->addStretch();
    layout->addWidget(m_sentence);
    layout->addWidget(m_button, 0, Qt::AlignHCenter);
    layout->addStretch();
    setSentence(sentence);
}

void EmptyPane::setSentence(const QString& sentence) {
    m_sentence->setText(sentence);
    m_sentence->setAccessibleName(sentence);
    m_button->setAccessibleDescription(sentence);
}

} // namespace ringscope
