// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QFrame>
#include <QString>

#include <functional>
#include <vector>

#include "core/base/expected.h"

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace ringscope {

class Theme;

// The one place where the window says what went wrong or what was done. The newest sentence stands
// under the toolbar until it is closed (a remark goes by itself); all of them are kept for the
// Messages window, so none is ever lost. GUI thread.
class MessageBar : public QFrame {
    Q_OBJECT

public:
    enum class Kind { remark, problem };
    struct Message {
        QDateTime time;
        Kind kind = Kind::remark;
        QString text;
    };

    explicit MessageBar(Theme& theme, QWidget* parent = nullptr);

    void showError(const Error& error);
    void showRemark(const QString& text);
    // A remark that stays until it is closed or something newer is said.
    void showResult(const QString& text);
    struct Choice {
        QString text;
        std::function<void()> take;
    };
    // Stays until one of the choices is taken, it is closed, or something newer is said.
    void showOffer(const QString& text, const std::vector<Choice>& choices);
    [[nodiscard]] const std::vector<Message>& history() const { return m_history; }
    // A window with every message so far, which can be copied.
    void showHistory();

Q_SIGNALS:
    void messageAdded(const QString& text);

private:
    void add(Kind kind, const QString& text);
    void removeChoices();
    void updateLook();

    Theme& m_theme;
    QLabel* m_icon;
    QLabel* m_text;
    QHBoxLayout* m_choices;
    QToolButton* m_all;
    QToolButton* m_close;
    std::vector<Message> m_history;
    // Messages shown and not closed yet.
    int m_unseen = 0;
};

} // namespace ringscope
