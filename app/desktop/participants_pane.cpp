// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/participants_pane.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "widgets/tables/data_table.h"
#include "widgets/tables/participant_table.h"
#include "widgets/theme/theme.h"

namespace ringscope {

ParticipantsPane::ParticipantsPane(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_table(new DataTable(theme, tr("Participants"), participantColumns(),
                            tr("Who uses the ring stands here, and who holds slots that are "
                               "stuck, once a workload runs or a ring is attached.")))
    , m_foot(new QWidget)
    , m_sentence(new QLabel)
    , m_repair(new QPushButton(tr("Repair…"))) {
    m_sentence->setWordWrap(true);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_repair->setToolTip(tr("Shows what would be given back, and does it when you agree"));
    auto* const line = new QHBoxLayout(m_foot);
    line->setContentsMargins(kSpaceRelated, kSpaceRelated / 2, kSpaceRelated, kSpaceRelated / 2);
    line->setSpacing(kSpaceRelated);
    line->addWidget(m_sentence, 1);
    line->addWidget(m_repair);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_foot);
    m_foot->hide();
    connect(m_repair, &QPushButton::clicked, this, &ParticipantsPane::repairRequested);
    connect(m_table, &DataTable::rowActivated, this, [this](const QString&, qint64 slot) {
        if (slot >= 0) {
            Q_EMIT slotChosen(static_cast<quint64>(slot));
        }
    });
}

void ParticipantsPane::setView(const SessionView& view, const QString& instant) {
    m_table->setRows(participantRows(view));
    QString sentence = participantSentence(view);
    if (!instant.isEmpty()) {
        sentence = instant + QStringLiteral(": ") + sentence;
    }
    if (m_sentence->text() != sentence) {
        m_sentence->setText(sentence);
    }
    m_foot->setVisible(!sentence.isEmpty());
    const bool canRepair = view.isLive && hasDeadParticipant(view);
    m_repair->setVisible(hasDeadParticipant(view));
    m_repair->setEnabled(canRepair);
}

} // namespace ringscope
