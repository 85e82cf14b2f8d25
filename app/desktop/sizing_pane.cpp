// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/sizing_pane.h"

#include <QLabel>
#include <QVBoxLayout>

#include "widgets/tables/data_table.h"
#include "widgets/tables/sizing_table.h"
#include "widgets/theme/theme.h"

namespace ringscope {

SizingPane::SizingPane(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_sentence(new QLabel)
    , m_table(new DataTable(theme, tr("Sizing"), sizingColumns(),
                            tr("How full each channel of a ring got and which capacity its load "
                               "needs stand here, over the range you drag in a chart or else what "
                               "is visible."))) {
    m_sentence->setWordWrap(true);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_sentence->setContentsMargins(kSpaceRelated, kSpaceRelated / 2, kSpaceRelated,
                                   kSpaceRelated / 2);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_sentence);
    m_sentence->hide();
}

void SizingPane::setView(const SessionView& view, TimeRange range) {
    const std::vector<ChannelSizing> sizing = sizingOf(view, range.fromNs, range.toNs);
    m_table->setRows(sizingRows(view, sizing, range.toNs));
    QString sentence = sizingAdviceText(sizing);
    if (const QString backlog = backlogText(view); !sizing.empty() && !backlog.isEmpty()) {
        sentence += QLatin1Char(' ') + backlog;
    }
    if (m_sentence->text() != sentence) {
        m_sentence->setText(sentence);
    }
    m_sentence->setVisible(!sentence.isEmpty());
}

QString SizingPane::sentence() const {
    return m_sentence->text();
}

} // namespace ringscope
