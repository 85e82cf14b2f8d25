// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/empty_sentence.h"

#include <QAbstractScrollArea>
#include <QEvent>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

EmptySentence::EmptySentence(QAbstractScrollArea* view)
    : QLabel(view->viewport()) {
    setWordWrap(true);
    setTextFormat(Qt::PlainText);
    setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    setForegroundRole(QPalette::PlaceholderText);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    view->viewport()->installEventFilter(this);
    hide();
}

void EmptySentence::setSentence(const QString& sentence) {
    setText(sentence);
    fit();
    setVisible(!sentence.isEmpty());
}

bool EmptySentence::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) {
        fit();
    }
    return QLabel::eventFilter(watched, event);
}

void EmptySentence::fit() {
    setGeometry(parentWidget()->rect().adjusted(kSpaceRelated, kSpaceGroups, -kSpaceRelated, 0));
}

} // namespace ringscope
