// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/leak_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

#include "widgets/heap/leak_table.h"
#include "widgets/heap/leak_table_model.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {

LeakView::LeakView(QWidget* parent)
    : QWidget(parent)
    , m_search(new QPushButton)
    , m_sentence(new QLabel)
    , m_suppressed(new QLabel)
    , m_table(new LeakTable) {
    m_search->setAutoDefault(false);
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* const above = new QHBoxLayout;
    above->setSpacing(kSpaceGroups);
    above->addWidget(m_search, 0, Qt::AlignTop);
    above->addWidget(m_sentence, 1);
    auto* const sums = new QWidget;
    sums->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // large ones widen no window
    auto* const kinds = new QHBoxLayout(sums);
    kinds->setContentsMargins(0, 0, 0, 0);
    kinds->setSpacing(kSpaceGroups);
    for (const LeakKind kind : kLeakKinds) {
        auto* const box = new QCheckBox;
        m_kinds[static_cast<std::size_t>(kind)] = box;
        box->setChecked(m_table->leaks().isKindShown(kind));
        box->setToolTip(leakKindHelp(kind));
        connect(box, &QCheckBox::toggled, m_table,
                [this, kind](bool isShown) { m_table->setKindShown(kind, isShown); });
        kinds->addWidget(box);
    }
    kinds->addWidget(m_suppressed);
    kinds->addStretch(1);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, kSpaceRelated, 0, 0);
    layout->setSpacing(kSpaceRelated);
    layout->addLayout(above);
    layout->addWidget(sums);
    layout->addWidget(m_table, 1);
    connect(m_search, &QPushButton::clicked, this, &LeakView::searchRequested);
    setSearch(Search::impossible);
    showSums();
}

void LeakView::setSearch(Search search) {
    m_search->setText(search == Search::underWay ? tr("Searching…") : tr("Search for leaks"));
    m_search->setEnabled(search == Search::possible);
}

void LeakView::setSentence(const QString& text) {
    m_sentence->setText(text);
}

QString LeakView::sentence() const {
    return m_sentence->text();
}

void LeakView::setRows(std::shared_ptr<const LeakRows> rows) {
    m_found = rows;
    m_table->setRows(std::move(rows));
    showSums();
}

void LeakView::setByteScale(ByteScale scale) {
    m_scale = scale;
    m_table->setByteScale(scale);
    showSums();
}

void LeakView::setFindText(const QString& text) {
    m_table->setFindText(text);
}

void LeakView::showSums() {
    const auto textOf = [this](const QString& name, const LeakSums& sums) {
        const QString bytes =
            QString::fromStdString(formatBytes(static_cast<double>(sums.bytes), m_scale));
        const QString blocks =
            QString::fromStdString(formatCount(static_cast<double>(sums.blocks)));
        return sums.blocks == 0   ? tr("%1: none").arg(name)
               : sums.blocks == 1 ? tr("%1: %2 in 1 block").arg(name, bytes)
                                  : tr("%1: %2 in %3 blocks").arg(name, bytes, blocks);
    };
    for (const LeakKind kind : kLeakKinds) {
        QCheckBox& box = kindBox(kind);
        box.setEnabled(m_found != nullptr);
        box.setText(m_found != nullptr ? textOf(leakKindName(kind), m_found->of(kind))
                                       : leakKindName(kind));
    }
    m_suppressed->setVisible(m_found != nullptr && m_found->suppressed.blocks != 0);
    if (m_found != nullptr) {
        m_suppressed->setText(textOf(tr("Suppressed"), m_found->suppressed));
    }
}

} // namespace ringscope
