// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/repair_flow.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <stop_token>

#include "app/desktop/background_jobs.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/session_controller.h"
#include "core/ring/repair_text.h"
#include "core/ring/segment.h"
#include "widgets/tables/participant_table.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

// Maps the ring for the moment: a repair writes.
Expected<RepairReport> repairNamed(const std::string& ring, bool isDryRun) {
    auto segment = Segment::attach(ring);
    if (!segment) {
        return segment.error();
    }
    RepairOptions options;
    options.isDryRun = isDryRun;
    return repairRing(*segment, options);
}

QString textOf(const RepairReport& report, bool isDryRun) {
    QStringList lines;
    for (const std::string& line : describe(report, isDryRun)) {
        lines.append(QString::fromStdString(line));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace

RepairFlow::RepairFlow(QWidget& window, SessionController& controller, BackgroundJobs& jobs,
                       MessageBar& messages)
    : QObject(&window)
    , m_window(window)
    , m_controller(controller)
    , m_jobs(jobs)
    , m_messages(messages) {
    connect(&controller, &SessionController::sessionReplaced, this,
            [this] { m_isStuckKnown = false; });
    connect(&controller, &SessionController::viewChanged, this,
            [this](const auto& view) { watch(*view); });
}

void RepairFlow::watch(const SessionView& view) {
    const bool isStuck = view.isLive && hasRepairableSlots(view);
    if (isStuck && !m_isStuckKnown) {
        m_messages.showOffer(participantSentence(view),
                             {{tr("Show who"), [this] { Q_EMIT participantsRequested(); }},
                              {tr("Repair…"), [this] { begin(); }}});
    }
    m_isStuckKnown = isStuck;
}

void RepairFlow::begin() {
    const auto& view = m_controller.view();
    if (m_isBusy || view == nullptr || !view->ring) {
        return;
    }
    m_isBusy = true;
    const std::string ring = view->ring->name;
    m_jobs.run(
        this, [ring](const std::stop_token&) { return repairNamed(ring, true); },
        [this, ring](const Expected<RepairReport>& plan) {
            m_isBusy = false;
            if (!plan) {
                m_messages.showError(plan.error());
            } else if (plan->deadParticipants == 0) {
                m_messages.showResult(textOf(*plan, true));
            } else {
                ask(ring, *plan);
            }
        });
}

void RepairFlow::ask(const std::string& ring, const RepairReport& plan) {
    auto* const dialog = new QDialog(&m_window);
    dialog->setObjectName(QStringLiteral("repairDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setModal(true);
    dialog->setWindowTitle(tr("Repair ring %1").arg(QString::fromStdString(ring)));
    auto* const text = new QLabel(tr("This gives back what dead participants hold, while the "
                                     "others go on. What a dead consumer was reading is lost; a "
                                     "dead producer's slot becomes an empty message that "
                                     "consumers skip."));
    text->setWordWrap(true);
    auto* const lines = new QPlainTextEdit(textOf(plan, true));
    lines->setReadOnly(true);
    lines->setAccessibleName(tr("What would be done"));
    auto* const buttons = new QDialogButtonBox;
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    auto* const act = buttons->addButton(tr("Repair"), QDialogButtonBox::AcceptRole);
    act->setDefault(true);
    act->setEnabled(!plan.slots.empty() || plan.entriesFreed > 0 || !plan.refused.empty());
    connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(dialog, &QDialog::accepted, this, [this, ring] { repair(ring); });
    auto* const layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(text);
    layout->addWidget(lines, 1);
    layout->addWidget(buttons);
    dialog->resize(720, 320);
    act->setFocus();
    dialog->open();
}

void RepairFlow::repair(const std::string& ring) {
    m_isBusy = true;
    m_jobs.run(
        this, [ring](const std::stop_token&) { return repairNamed(ring, false); },
        [this](const Expected<RepairReport>& report) {
            m_isBusy = false;
            if (report) {
                finish(*report);
            } else {
                m_messages.showError(report.error());
            }
        });
}

void RepairFlow::finish(const RepairReport& report) {
    const QString totals = QString::fromStdString(repairTotals(report, false));
    if (report.deadParticipants > 0) {
        m_controller.addMarker(tr("repair: %1").arg(totals));
    }
    // What was left alone, with whom it waits for, is worth every line.
    m_messages.showResult(report.refused.empty() ? tr("Repair: %1.").arg(totals)
                                                 : textOf(report, false));
}

} // namespace ringscope
