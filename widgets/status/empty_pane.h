// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace ringscope {

// What an empty pane shows: one sentence that says what would be here, and the button that brings
// it. GUI thread.
class EmptyPane final : public QWidget {
    Q_OBJECT
public:
    // Without a button text there is no button.
    explicit EmptyPane(const QString& sentence, const QString& buttonText = {},
                       QWidget* parent = nullptr);
    void setSentence(const QString& sentence);

Q_SIGNALS:
    void activated();

private:
    QLabel* m_sentence;
    QPushButton* m_button;
};

} // namespace ringscope
