// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/workload/scenario_section_box.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"
#include "widgets/workload/scenario_field_editor.h"

namespace ringscope {

ScenarioSectionBox::ScenarioSectionBox(const Theme& theme, const ScenarioSection& section,
                                       QWidget* parent)
    : QWidget(parent)
    , m_heading(new QToolButton(this))
    , m_digest(new QLabel(this))
    , m_body(new QWidget(this))
    , m_digestOf(section.digest) {
    m_heading->setText(section.title);
    m_heading->setAccessibleName(section.title);
    m_heading->setFont(headingFont());
    m_heading->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_heading->setAutoRaise(true);
    m_heading->setCheckable(true);
    // Fusion would draw an open section as a button that is held down.
    m_heading->setStyleSheet(QStringLiteral("QToolButton { border: none; padding: 2px 0; }"
                                            "QToolButton:focus { text-decoration: underline; }"));
    m_heading->setFocusPolicy(Qt::StrongFocus);
    m_digest->setForegroundRole(QPalette::PlaceholderText);
    m_digest->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_digest->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    connect(m_heading, &QToolButton::toggled, this, &ScenarioSectionBox::setOpen);

    auto* body = new QVBoxLayout(m_body);
    body->setContentsMargins(kSpaceRelated, 0, 0, kSpaceRelated);
    body->setSpacing(4);
    for (const ScenarioField& field : section.fields) {
        m_editors.push_back(new ScenarioFieldEditor(theme, field, m_body));
        body->addWidget(m_editors.back());
    }
    auto* head = new QHBoxLayout;
    head->setSpacing(kSpaceRelated);
    head->addWidget(m_heading);
    head->addWidget(m_digest, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(head);
    layout->addWidget(m_body);
    setOpen(false);
}

void ScenarioSectionBox::setOpen(bool isOpen) {
    m_heading->setChecked(isOpen);
    m_heading->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
    m_body->setVisible(isOpen);
}

void ScenarioSectionBox::showFor(const Scenario& scenario) {
    const QString digest = m_digestOf(scenario);
    if (m_digest->text() != digest) {
        m_digest->setText(digest);
        m_digest->setToolTip(digest);
        m_heading->setAccessibleDescription(digest);
    }
    for (ScenarioFieldEditor* editor : m_editors) {
        const auto& isShown = editor->field().isShown;
        // A field with a problem stays, whatever hides it: the problem has to be mended there.
        editor->setVisible(!isShown || isShown(scenario) || !editor->sentence().isEmpty());
    }
}

void ScenarioSectionBox::openOnProblem() {
    for (const ScenarioFieldEditor* editor : m_editors) {
        if (!editor->sentence().isEmpty()) {
            setOpen(true);
        }
    }
}

} // namespace ringscope
