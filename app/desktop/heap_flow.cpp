// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/heap_flow.h"

#include <QAction>
#include <QActionGroup>
#include <QMainWindow>

#include "app/desktop/heap_window.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/preferences.h"
#include "app/desktop/program_dialog.h"
#include "app/desktop/session_controller.h"
#include "app/desktop/window_actions.h"
#include "core/session/session_view.h"

namespace ringscope {

HeapFlow::HeapFlow(QMainWindow& window, BackgroundJobs& jobs, const Parts& parts)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_parts(parts) {}

void HeapFlow::connectActions(WindowActions& actions) {
    m_actions = &actions;
    connect(actions.heapProfile, &QAction::triggered, this, &HeapFlow::open);
    connect(&m_parts.controller, &SessionController::stateChanged, this,
            [this](SessionState state) {
                const auto& view = m_parts.controller.view();
                const bool hasNothingElse = state == SessionState::loaded && view != nullptr &&
                                            view->groups.empty() && view->heaps != nullptr &&
                                            !view->heaps->empty();
                if (hasNothingElse) { // a file of DHAT
                    open();
                }
            });
    connect(actions.runProgram, &QAction::triggered, this, &HeapFlow::askForProgram);
    connect(actions.heapModes, &QActionGroup::triggered, this, [this](const QAction* action) {
        setMode(static_cast<HeapMode>(action->data().toInt()));
    });
}

void HeapFlow::setMode(HeapMode mode) {
    const bool isNow = m_parts.controller.setHeapMode(mode);
    m_actions->checkHeapMode(mode);
    if (!isNow && m_parts.controller.isBusy()) {
        m_parts.messages.showRemark(tr("From the next run on."));
    }
    if (m_shown != nullptr) {
        m_shown->setMode(shownMode());
    }
}

std::optional<HeapMode> HeapFlow::shownMode() const {
    return m_parts.controller.isHeapTracked() ? std::optional(m_parts.controller.recordedHeap())
                                              : std::nullopt;
}

// Call stacks can begin at any time of a program that is counted.
void HeapFlow::offerToRecord() {
    const auto record = [this](HeapMode mode) {
        return [this, mode] {
            setMode(mode);
            open();
        };
    };
    m_parts.messages.showOffer(
        tr("The heap is only counted so far. Record where new blocks are allocated, from now on?"),
        {{tr("Every block"), record(HeapMode::exact)}, {tr("Samples"), record(HeapMode::sampled)}});
}

void HeapFlow::open() {
    const auto& view = m_parts.controller.view();
    const bool hasProfiles = view != nullptr && view->heaps != nullptr && !view->heaps->empty();
    const bool hasLive = view != nullptr && view->liveHeaps != nullptr && !view->liveHeaps->empty();
    const std::optional<HeapMode> mode = shownMode();
    if (!hasProfiles && !hasLive && mode == HeapMode::counts) {
        offerToRecord();
        return;
    }
    if (!hasProfiles && !hasLive && !mode) {
        m_parts.messages.showRemark(
            tr("This session has no call stacks of its heaps: choose Session > Heap recording > "
               "Every block with its call stack, and run it again."));
        return;
    }
    if (m_shown == nullptr) {
        m_shown =
            new HeapWindow(m_parts.theme, m_jobs, m_parts.preferences, m_parts.link, &m_window);
        m_shown->setByteScale(m_scale);
        connect(m_shown, &HeapWindow::readingWanted, &m_parts.controller,
                &SessionController::requestHeaps);
        connect(m_shown, &HeapWindow::modeWanted, this, &HeapFlow::setMode);
    }
    m_shown->setMode(mode);
    m_shown->setView(*view);
    if (view->isLive) {
        m_parts.controller.requestHeaps();
    }
    if (m_shown->isVisible()) {
        m_shown->raise();
        m_shown->activateWindow();
    }
    m_shown->show();
}

void HeapFlow::askForProgram() {
    auto* const dialog =
        new ProgramDialog(m_parts.preferences, m_parts.controller.heapMode(), &m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_parts.controller.setHeapMode(dialog->heapMode());
        m_actions->checkHeapMode(dialog->heapMode());
        m_parts.controller.runCommand(dialog->command());
    });
    dialog->open();
}

void HeapFlow::setView(const SessionView& view) {
    if (m_shown != nullptr) {
        m_shown->setView(view);
        m_shown->setMode(shownMode());
    }
}

void HeapFlow::setByteScale(ByteScale scale) {
    m_scale = scale;
    if (m_shown != nullptr) {
        m_shown->setByteScale(scale);
    }
}

} // namespace ringscope
