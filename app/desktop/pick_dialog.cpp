// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/pick_dialog.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

constexpr int kSortRole = Qt::UserRole;
constexpr int kWhyNotRole = Qt::UserRole + 1;
constexpr int kValueRole = Qt::UserRole + 2;

QList<QStandardItem*> itemsOf(const PickRow& row, const QPalette& palette) {
    QList<QStandardItem*> items;
    for (const PickRow::Cell& cell : row.cells) {
        auto* const item = new QStandardItem(cell.text);
        item->setEditable(false);
        item->setData(cell.sortKey.isValid() ? cell.sortKey : QVariant(cell.text), kSortRole);
        if (cell.sortKey.isValid()) {
            item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        }
        if (!row.whyNot.isEmpty()) {
            item->setForeground(palette.brush(QPalette::Disabled, QPalette::Text));
            item->setToolTip(row.whyNot);
        }
        items.push_back(item);
    }
    if (!items.isEmpty()) {
        items.front()->setData(row.whyNot, kWhyNotRole);
        items.front()->setData(row.value, kValueRole);
    }
    return items;
}

} // namespace

PickDialog::PickDialog(const Wording& wording, QWidget* parent)
    : QDialog(parent)
    , m_emptyText(wording.empty)
    , m_model(new QStandardItemModel(0, static_cast<int>(wording.columns.size()), this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_filter(new QLineEdit)
    , m_table(new QTableView)
    , m_reason(new QLabel) {
    setWindowTitle(wording.title);
    resize(820, 520);
    m_model->setHorizontalHeaderLabels(wording.columns);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(kSortRole);
    m_sorted->setFilterKeyColumn(-1);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);

    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter"));
    m_table->setModel(m_sorted);
    m_table->setAccessibleName(wording.title);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 8);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(wording.stretchedColumn,
                                                      QHeaderView::Stretch);
    m_reason->setWordWrap(true);
    m_reason->setMinimumHeight(2 * m_reason->fontMetrics().lineSpacing());
    m_reason->setAlignment(Qt::AlignTop | Qt::AlignLeft);

    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_pick = buttons->addButton(wording.pick, QDialogButtonBox::AcceptRole);
    auto* const refresh = buttons->addButton(tr("Refresh"), QDialogButtonBox::ActionRole);
    if (!wording.other.isEmpty()) {
        auto* const other = buttons->addButton(wording.other, QDialogButtonBox::ActionRole);
        other->setObjectName(QStringLiteral("other"));
        connect(other, &QPushButton::clicked, this, [this] {
            reject();
            Q_EMIT otherRequested();
        });
    }
    auto* const heading = new QLabel(wording.heading);
    heading->setWordWrap(true);

    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(heading);
    layout->addWidget(m_filter);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_reason);
    layout->addWidget(buttons);
    // Only now has it a dialog; before, Enter would press whichever button comes first: Cancel.
    m_pick->setDefault(true);

    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_sorted->setFilterFixedString(text);
        if (!m_table->currentIndex().isValid() && m_sorted->rowCount() > 0) {
            m_table->selectRow(0);
        }
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &PickDialog::showCurrent);
    connect(m_table, &QTableView::activated, this, &PickDialog::pickCurrent);
    connect(m_pick, &QPushButton::clicked, this, &PickDialog::pickCurrent);
    connect(refresh, &QPushButton::clicked, this, &PickDialog::refreshRequested);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_reason->setText(tr("Reading…"));
    m_pick->setEnabled(false);
    m_filter->setFocus();
}

void PickDialog::setRows(const std::vector<PickRow>& rows) {
    m_model->removeRows(0, m_model->rowCount());
    for (const PickRow& row : rows) {
        m_model->appendRow(itemsOf(row, palette()));
    }
    for (int column = 0; column < m_model->columnCount(); ++column) {
        if (m_table->horizontalHeader()->sectionResizeMode(column) != QHeaderView::Stretch) {
            m_table->resizeColumnToContents(column);
        }
    }
    if (m_sorted->rowCount() > 0) {
        m_table->selectRow(0);
    }
    showCurrent();
}

int PickDialog::rowCount() const {
    return m_sorted->rowCount();
}

QString PickDialog::reason() const {
    return m_reason->text();
}

void PickDialog::showCurrent() {
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid()) {
        m_pick->setEnabled(false);
        m_reason->setText(m_model->rowCount() == 0 ? m_emptyText : QString());
        return;
    }
    const QString whyNot = current.siblingAtColumn(0).data(kWhyNotRole).toString();
    m_pick->setEnabled(whyNot.isEmpty());
    m_reason->setText(whyNot);
}

void PickDialog::pickCurrent() {
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid() || !m_pick->isEnabled()) {
        return;
    }
    const QVariant value = current.siblingAtColumn(0).data(kValueRole);
    accept();
    Q_EMIT picked(value);
}

} // namespace ringscope
