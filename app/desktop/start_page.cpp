// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start_page.h"

#include <QAction>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include "app/desktop/program_icon.h"
#include "widgets/theme/theme.h"

namespace ringscope {
namespace {

constexpr int kIconSize = 72;
constexpr int kButtonIcon = 18;
constexpr int kMostRecent = 5;

QString plainText(QString text) {
    return text.remove(QLatin1Char('&'));
}

// A button that does what the action does, with its text.
QPushButton* buttonOf(QAction* action) {
    auto* const button = new QPushButton(action->icon(), plainText(action->text()));
    button->setIconSize(QSize(kButtonIcon, kButtonIcon));
    button->setToolTip(action->toolTip());
    button->setMinimumHeight(36);
    const auto follow = [button, action] {
        button->setIcon(action->icon());
        button->setText(plainText(action->text()));
        button->setEnabled(action->isEnabled());
    };
    QObject::connect(action, &QAction::changed, button, follow);
    QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
    follow();
    return button;
}

} // namespace

StartPage::StartPage(Theme& theme, const std::vector<QAction*>& actions, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_sentence(new QLabel)
    , m_recentHeading(new QLabel(tr("Recent sessions")))
    , m_recent(new QLabel) {
    setObjectName(QStringLiteral("startPage"));
    setAutoFillBackground(true);
    auto* const icon = new QLabel;
    icon->setPixmap(programIcon().pixmap(QSize(kIconSize, kIconSize), devicePixelRatioF()));
    icon->setAlignment(Qt::AlignHCenter);
    auto* const title = new QLabel(tr("Who holds which slot, what the heap does, what it costs"));
    title->setFont(titleFont());
    title->setAlignment(Qt::AlignHCenter);
    title->setWordWrap(true);
    m_sentence->setAlignment(Qt::AlignHCenter);
    m_sentence->setWordWrap(true);
    m_recentHeading->setFont(headingFont());
    m_recentHeading->setAlignment(Qt::AlignHCenter);
    m_recent->setAlignment(Qt::AlignHCenter);
    m_recent->setTextFormat(Qt::RichText);
    m_recent->setTextInteractionFlags(Qt::LinksAccessibleByKeyboard | Qt::LinksAccessibleByMouse);
    m_recent->setAccessibleName(tr("Recent sessions"));

    auto* const buttons = new QHBoxLayout;
    buttons->setSpacing(kSpaceRelated);
    buttons->addStretch();
    bool isFirst = true;
    for (QAction* const action : actions) {
        QPushButton* const button = buttonOf(action);
        button->setDefault(isFirst);
        isFirst = false;
        buttons->addWidget(button);
    }
    buttons->addStretch();

    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kSpaceGroups, kSpaceGroups, 2 * kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceGroups);
    layout->addStretch(2);
    layout->addWidget(icon);
    layout->addWidget(title);
    layout->addWidget(m_sentence);
    layout->addLayout(buttons);
    layout->addSpacing(kSpaceGroups);
    layout->addWidget(m_recentHeading);
    layout->addWidget(m_recent);
    layout->addStretch(3);
    connect(m_recent, &QLabel::linkActivated, this,
            [this](const QString& link) { Q_EMIT fileChosen(QUrl(link).toLocalFile()); });
    connect(&theme, &Theme::changed, this, &StartPage::updateLook);
    setProgress({});
    setRecentFiles({});
}

void StartPage::setProgress(const QString& text) {
    m_sentence->setText(text.isEmpty()
                            ? tr("Run a workload on a real ring in shared memory, watch a process "
                                 "or ring that is there, or drop a recorded session here.")
                            : text);
}

void StartPage::setRecentFiles(const QStringList& files) {
    m_files = files.mid(0, kMostRecent);
    updateLook();
}

void StartPage::updateLook() {
    QStringList lines;
    for (const QString& file : m_files) {
        lines << QStringLiteral("<a href=\"%1\" style=\"color:%3; text-decoration:none\">%2</a>")
                     .arg(QUrl::fromLocalFile(file).toString(QUrl::FullyEncoded),
                          QFileInfo(file).fileName().toHtmlEscaped(),
                          m_theme.tokens().accent.name());
    }
    m_recent->setText(lines.join(QStringLiteral("<br>")));
    m_recentHeading->setVisible(!lines.isEmpty());
    m_recent->setVisible(!lines.isEmpty());
}

} // namespace ringscope
