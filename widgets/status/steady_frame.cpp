// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/status/steady_frame.h"

#include <QEvent>
#include <QLabel>

namespace ringscope {

SteadyFrame::SteadyFrame(QLabel* label, QWidget* parent)
    : QWidget(parent)
    , m_label(label) {
    label->setParent(this);
    setSizePolicy(label->sizePolicy());
    setMinimumWidth(label->minimumWidth());
    grow();
}

// A parent without a layout is asked by an event, and asks its own parent only if it wants to.
// Nobody asks what is not shown.
bool SteadyFrame::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Polish ||
        event->type() == QEvent::Show) {
        grow();
    }
    return QWidget::event(event);
}

void SteadyFrame::grow() {
    const QSize hint = m_hint.expandedTo(m_label->sizeHint());
    const QSize minimumHint = m_minimumHint.expandedTo(m_label->minimumSizeHint());
    if (hint != m_hint || minimumHint != m_minimumHint) {
        m_hint = hint;
        m_minimumHint = minimumHint;
        updateGeometry();
    }
}

void SteadyFrame::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_label->setGeometry(rect());
}

QSize SteadyFrame::sizeHint() const {
    return m_hint.expandedTo(m_label->sizeHint());
}

QSize SteadyFrame::minimumSizeHint() const {
    return m_minimumHint.expandedTo(m_label->minimumSizeHint());
}

} // namespace ringscope
