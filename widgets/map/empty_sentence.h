// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

class QAbstractScrollArea;

namespace ringscope {

// The sentence that stands in a view which has nothing to show. A child of the view's viewport,
// as wide as that. GUI thread.
class EmptySentence final : public QLabel {
    Q_OBJECT
public:
    explicit EmptySentence(QAbstractScrollArea* view);
    // Empty hides it.
    void setSentence(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fit();
};

} // namespace ringscope
