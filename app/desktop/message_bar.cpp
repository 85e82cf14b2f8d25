// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/message_bar.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"
#include "widgets/theme/themed_icon.h"

namespace ringscope {
namespace {

constexpr int kRemarkMs = 6'000;
constexpr int kIconSize = 16;

} // namespace

MessageBar::MessageBar(Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_icon(new QLabel)
    , m_text(new QLabel)
    , m_choices(new QHBoxLayout)
    , m_all(new QToolButton)
    , m_close(new QToolButton) {
    setObjectName(QStringLiteral("messageBar"));
    setAccessibleName(tr("Message"));
    setAutoFillBackground(true);
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_all->setText(tr("All messages"));
    m_all->setAutoRaise(true);
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Close this message"));
    m_close->setAccessibleName(tr("Close this message"));

    auto* const layout = new QHBoxLayout(this);
    layout->setContentsMargins(kSpaceGroups, kSpaceRelated / 2, kSpaceRelated, kSpaceRelated / 2);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    m_choices->setSpacing(kSpaceRelated);
    layout->addLayout(m_choices);
    layout->addWidget(m_all);
    layout->addWidget(m_close);

    connect(m_all, &QToolButton::clicked, this, &MessageBar::showHistory);
    connect(m_close, &QToolButton::clicked, this, [this] {
        m_unseen = 0;
        hide();
    });
    connect(&theme, &Theme::changed, this, &MessageBar::updateLook);
    updateLook();
    hide();
}

void MessageBar::showError(const Error& error) {
    add(Kind::problem, QString::fromStdString(error.message));
}

void MessageBar::showRemark(const QString& text) {
    add(Kind::remark, text);
    const std::size_t mine = m_history.size();
    QTimer::singleShot(kRemarkMs, this, [this, mine] {
        if (m_history.size() == mine) {
            m_unseen = 0;
            hide();
        }
    });
}

void MessageBar::showResult(const QString& text) {
    m_unseen = 0;
    add(Kind::remark, text);
}

void MessageBar::showOffer(const QString& text, const std::vector<Choice>& choices) {
    m_unseen = 0;
    add(Kind::remark, text);
    for (const Choice& choice : choices) {
        auto* const button = new QToolButton;
        button->setText(choice.text);
        button->setFocusPolicy(Qt::StrongFocus);
        connect(button, &QToolButton::clicked, this, [this, take = choice.take] {
            hide();
            take();
        });
        m_choices->addWidget(button);
    }
}

void MessageBar::removeChoices() {
    while (QLayoutItem* const item = m_choices->takeAt(0)) {
        item->widget()->deleteLater(); // it may be the one that was pressed
        item->widget()->hide();
        delete item;
    }
}

void MessageBar::add(Kind kind, const QString& text) {
    removeChoices();
    m_history.push_back({QDateTime::currentDateTime(), kind, text});
    ++m_unseen;
    updateLook();
    show();
    Q_EMIT messageAdded(text);
}

void MessageBar::updateLook() {
    const ThemeTokens& tokens = m_theme.tokens();
    m_close->setIcon(themedIcon(QStringLiteral("clear"), tokens));
    if (m_history.empty()) {
        return;
    }
    const Message& newest = m_history.back();
    const bool isProblem = newest.kind == Kind::problem;
    const QColor edge = isProblem ? tokens.error : tokens.accent;
    ThemeTokens iconTokens = tokens;
    iconTokens.text = edge;
    m_icon->setPixmap(
        themedIcon(isProblem ? QStringLiteral("error") : QStringLiteral("info"), iconTokens)
            .pixmap(QSize(kIconSize, kIconSize), devicePixelRatioF()));
    m_text->setText(newest.text);
    m_all->setVisible(m_unseen > 1);
    m_all->setText(tr("%1 messages").arg(m_unseen));
    setStyleSheet(
        QStringLiteral("#messageBar { background: %1; border: 0; border-left: 4px solid %2;"
                       " border-bottom: 1px solid %3; }"
                       "#messageBar QLabel, #messageBar QToolButton { color: %4; }")
            .arg(tokens.panel.name(), edge.name(), tokens.line.name(), tokens.text.name()));
}

void MessageBar::showHistory() {
    auto* const dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Messages"));
    dialog->resize(720, 360);
    auto* const text = new QPlainTextEdit;
    text->setReadOnly(true);
    text->setAccessibleName(tr("Messages"));
    text->setPlaceholderText(tr("No messages so far."));
    for (const Message& message : m_history) {
        text->appendPlainText(message.time.toString(QStringLiteral("HH:mm:ss")) +
                              QStringLiteral("  ") + message.text);
    }
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    auto* const layout = new QVBoxLayout(dialog);
    layout->addWidget(text);
    layout->addWidget(buttons);
    dialog->open();
}

} // namespace ringscope
