// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/window_toolbar.h"

#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QToolButton>

#include "app/desktop/window_actions.h"
#include "core/base/units.h"
#include "widgets/charts/time_link.h"
#include "widgets/theme/theme.h"
#include "widgets/theme/themed_icon.h"

namespace ringscope {
namespace {

constexpr int kIconSize = 18;
constexpr int kSearchWidth = 220;

QToolButton* textButton(QAction* action) {
    auto* const button = new QToolButton;
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

QString fromStd(const std::string& text) {
    return QString::fromStdString(text);
}

} // namespace

WindowToolbar::WindowToolbar(Theme& theme, WindowActions& actions, TimeLink& link, QWidget* parent)
    : QToolBar(parent)
    , m_theme(theme)
    , m_actions(actions)
    , m_link(link)
    , m_scenario(new QComboBox)
    , m_live(new QToolButton)
    , m_range(new QToolButton)
    , m_search(new QLineEdit) {
    setObjectName(QStringLiteral("toolbar"));
    setWindowTitle(tr("Toolbar"));
    setMovable(false);
    setFloatable(false);
    setContextMenuPolicy(Qt::PreventContextMenu);
    setIconSize(QSize(kIconSize, kIconSize));

    m_scenario->setAccessibleName(tr("Scenario"));
    m_scenario->setToolTip(tr("What Run starts"));
    m_scenario->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_scenario->setMaxVisibleItems(24);
    m_live->setAutoRaise(true);
    m_live->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_live->setFocusPolicy(Qt::TabFocus);
    m_range->setAutoRaise(true);
    m_range->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_range->setLayoutDirection(Qt::RightToLeft); // the cross behind the text
    m_range->setFocusPolicy(Qt::TabFocus);
    m_search->setPlaceholderText(tr("Find chart, worker, action"));
    m_search->setAccessibleName(tr("Find"));
    m_search->setClearButtonEnabled(true);
    m_search->setFixedWidth(kSearchWidth);

    addWidget(textButton(actions.run));
    addWidget(m_scenario);
    addWidget(textButton(actions.stop));
    addWidget(textButton(actions.pause));
    addSeparator();
    addWidget(m_live);
    addWidget(m_range);
    addSeparator();
    addWidget(textButton(actions.marker));
    addWidget(textButton(actions.snapshot));
    auto* const exportButton = new QToolButton;
    exportButton->setText(tr("Export"));
    exportButton->setObjectName(QStringLiteral("exportButton"));
    exportButton->setToolTip(tr("Write charts, a report or the data"));
    exportButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    exportButton->setAutoRaise(true);
    exportButton->setFocusPolicy(Qt::TabFocus);
    exportButton->setPopupMode(QToolButton::InstantPopup);
    exportButton->setMenu(actions.exportMenu);
    addWidget(exportButton);
    auto* const spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(spacer);
    addWidget(m_search);

    connect(m_scenario, &QComboBox::textActivated, this, &WindowToolbar::scenarioChosen);
    connect(m_live, &QToolButton::clicked, &link, &TimeLink::resume);
    connect(m_range, &QToolButton::clicked, actions.clearRange, &QAction::trigger);
    connect(m_search, &QLineEdit::textChanged, this, &WindowToolbar::searchChanged);
    connect(m_search, &QLineEdit::returnPressed, this,
            [this] { Q_EMIT searchEntered(m_search->text()); });
    connect(&link, &TimeLink::selectionChanged, this, &WindowToolbar::updateTimes);
    connect(&link, &TimeLink::modeChanged, this, &WindowToolbar::updateTimes);
    connect(&theme, &Theme::changed, this, &WindowToolbar::updateLook);
    updateLook();
}

void WindowToolbar::addScenario(const QString& name, const QString& help) {
    if (m_scenario->findText(name) < 0) {
        m_scenario->addItem(name);
        m_scenario->setItemData(m_scenario->count() - 1, help, Qt::ToolTipRole);
    }
}

void WindowToolbar::setScenario(const QString& name) {
    if (m_scenario->findText(name) < 0) {
        addScenario(name, {});
    }
    m_scenario->setCurrentText(name);
}

QString WindowToolbar::scenario() const {
    return m_scenario->currentText();
}

void WindowToolbar::setState(SessionState state) {
    m_state = state;
    updateTimes();
}

void WindowToolbar::focusSearch() {
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void WindowToolbar::updateLook() {
    if (auto* const button = findChild<QToolButton*>(QStringLiteral("exportButton"))) {
        button->setIcon(themedIcon(QStringLiteral("export"), m_theme.tokens()));
    }
    m_range->setIcon(themedIcon(QStringLiteral("clear"), m_theme.tokens()));
    m_liveIcon.clear();
    m_liveText.clear();
    updateTimes();
}

void WindowToolbar::updateTimes() {
    const TimeRange session = m_link.session();
    const QString clock = fromStd(formatClockTime(session.spanNs()));
    QString text;
    QString tip;
    QString icon = QStringLiteral("live");
    QColor colour = m_theme.tokens().textSecondary;
    if (m_state == SessionState::live || m_state == SessionState::stopping) {
        if (m_link.isPaused()) {
            text = tr("PAUSED %1").arg(clock);
            tip = tr("The picture is held while recording goes on; click to go back to now");
            icon = QStringLiteral("pause");
            colour = m_theme.tokens().warning;
        } else if (!m_link.isFollowing()) {
            text = tr("HISTORY %1").arg(clock);
            tip = tr("An earlier time is shown; click to go back to now");
            colour = m_theme.tokens().warning;
        } else {
            text = tr("LIVE %1").arg(clock);
            tip = tr("The newest data is shown");
            colour = m_theme.tokens().slotColor(SlotState::reading);
        }
    } else if (m_state == SessionState::starting) {
        text = tr("STARTING");
    } else if (m_state == SessionState::loading) {
        text = tr("OPENING");
    } else if (m_state == SessionState::empty) {
        text = tr("NO SESSION");
    } else {
        text = (m_state == SessionState::loaded ? tr("RECORDED %1") : tr("ENDED %1")).arg(clock);
        tip = tr("How long the session is");
    }
    if (text != m_liveText) {
        m_liveText = text;
        m_live->setText(text);
        m_live->setAccessibleName(text);
        m_live->setToolTip(tip);
    }
    if (const QString look = icon + colour.name(); look != m_liveIcon) {
        m_liveIcon = look;
        ThemeTokens tokens = m_theme.tokens();
        tokens.text = colour;
        m_live->setIcon(themedIcon(icon, tokens));
    }
    const auto selection = m_link.selection();
    const QString range = selection
                              ? tr("range %1").arg(fromStd(formatDuration(selection->spanNs())))
                              : tr("no range");
    if (range != m_range->text()) {
        m_range->setText(range);
        m_range->setAccessibleName(selection ? tr("Clear the %1").arg(range) : range);
        m_range->setToolTip(selection
                                ? tr("Every pane is about this range; click to clear it (Esc)")
                                : tr("Drag in a chart to select a range"));
        m_actions.clearRange->setEnabled(selection.has_value());
    }
    m_range->setEnabled(selection.has_value());
}

} // namespace ringscope
