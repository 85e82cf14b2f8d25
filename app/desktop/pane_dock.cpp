// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/pane_dock.h"

#include <utility>

namespace ringscope {

PaneDock::PaneDock(const QString& name, const QString& title, QWidget* content, int periodMs,
                   ShowView showView, QWidget* parent)
    : QDockWidget(title, parent)
    , m_periodMs(periodMs)
    , m_showView(std::move(showView)) {
    setObjectName(name);
    setWidget(content);
    m_later.setSingleShot(true);
    connect(&m_later, &QTimer::timeout, this, &PaneDock::handOn);
    // Also false for a tab that is behind another.
    connect(this, &QDockWidget::visibilityChanged, this, [this](bool isVisible) {
        m_isSeen = isVisible;
        handOn();
    });
}

void PaneDock::setView(std::shared_ptr<const SessionView> view) {
    m_view = std::move(view);
    refresh();
}

void PaneDock::refresh() {
    if (!m_isSeen || m_later.isActive()) {
        return;
    }
    const qint64 wait = m_sinceShown.isValid() ? m_periodMs - m_sinceShown.elapsed() : 0;
    if (wait > 0) {
        m_later.start(static_cast<int>(wait));
    } else {
        handOn();
    }
}

void PaneDock::handOn() {
    if (m_isSeen && m_view != nullptr && m_showView) {
        m_sinceShown.start();
        m_showView(*m_view);
    }
}

} // namespace ringscope
