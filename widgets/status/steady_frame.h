// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;

namespace ringscope {

// Around a label whose text changes many times a second. A QLabel with a new text has the whole
// window laid out anew, even when the text has the same width; within this it does so only when it
// needs more room than it ever had. Takes over the label, its size policy and its least width. GUI
// thread.
class SteadyFrame final : public QWidget {
    Q_OBJECT
public:
    explicit SteadyFrame(QLabel* label, QWidget* parent = nullptr);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void grow();

    QLabel* m_label; // child
    QSize m_hint;
    QSize m_minimumHint;
};

} // namespace ringscope
