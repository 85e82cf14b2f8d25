// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/list_dialog.h"

#include <QAction>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

#include <set>
#include <utility>

#include "widgets/theme/theme_tokens.h"

namespace ringscope {

ListDialog::ListDialog(const Wording& wording, QWidget* parent)
    : QDialog(parent)
    , m_empty(wording.empty)
    , m_heading(new QLabel(wording.waiting))
    , m_model(new QStandardItemModel(this))
    , m_sorted(new QSortFilterProxyModel(this))
    , m_table(new QTableView)
    , m_more(nullptr) {
    setWindowTitle(wording.title);
    resize(760, 520);
    m_model->setHorizontalHeaderLabels(wording.columns);
    m_sorted->setSourceModel(m_model);
    m_sorted->setFilterKeyColumn(-1);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_heading->setWordWrap(true);
    auto* const filter = new QLineEdit;
    filter->setPlaceholderText(tr("Filter"));
    filter->setAccessibleName(tr("Filter"));
    filter->setClearButtonEnabled(true);
    connect(filter, &QLineEdit::textChanged, m_sorted,
            &QSortFilterProxyModel::setFilterFixedString);
    m_table->setModel(m_sorted);
    m_table->setAccessibleName(wording.title);
    m_table->setFont(bodyFont());
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(QFontMetrics(bodyFont()).height() + 6);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto* const copy = new QAction(tr("Copy"), m_table);
    copy->setShortcut(QKeySequence(QKeySequence::Copy));
    copy->setShortcutContext(Qt::WidgetShortcut);
    m_table->addAction(copy);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* const buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* const copyAll = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
    copyAll->setToolTip(tr("The selected rows, or all when none is selected"));
    m_more = buttons->addButton(QString(), QDialogButtonBox::ActionRole);
    m_more->hide();
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_more->setEnabled(false); // until what comes offers more, or not
        m_askMore();
    });
    const auto toClipboard = [this] { QGuiApplication::clipboard()->setText(copied()); };
    connect(copy, &QAction::triggered, this, toClipboard);
    connect(copyAll, &QPushButton::clicked, this, toClipboard);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* const layout = new QVBoxLayout(this);
    layout->setContentsMargins(kSpaceGroups, kSpaceGroups, kSpaceGroups, kSpaceGroups);
    layout->setSpacing(kSpaceRelated);
    layout->addWidget(m_heading);
    layout->addWidget(filter);
    layout->addWidget(m_table, 1);
    layout->addWidget(buttons);
}

void ListDialog::setRows(const QString& heading, const std::vector<QStringList>& rows,
                         const QString& remarks) {
    m_model->removeRows(0, m_model->rowCount());
    addRows(heading, rows, remarks);
    m_table->resizeColumnsToContents();
}

void ListDialog::addRows(const QString& heading, const std::vector<QStringList>& rows,
                         const QString& remarks) {
    for (const QStringList& row : rows) {
        QList<QStandardItem*> items;
        for (const QString& text : row) {
            items.append(new QStandardItem(text));
        }
        m_model->appendRow(items);
    }
    m_heading->setText((m_model->rowCount() == 0 ? m_empty : heading) + remarks);
}

void ListDialog::offerMore(const QString& text, std::function<void()> more) {
    m_askMore = std::move(more);
    m_more->setText(text);
    m_more->setEnabled(true);
    m_more->setVisible(!text.isEmpty());
}

int ListDialog::rowCount() const {
    return m_sorted->rowCount();
}

int ListDialog::totalRows() const {
    return m_model->rowCount();
}

QString ListDialog::heading() const {
    return m_heading->text();
}

QString ListDialog::copied() const {
    std::set<int> chosen;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows()) {
        chosen.insert(index.row());
    }
    QString text;
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        if (!chosen.empty() && !chosen.contains(row)) {
            continue;
        }
        QStringList cells;
        for (int column = 0; column < m_sorted->columnCount(); ++column) {
            cells.append(m_sorted->index(row, column).data().toString());
        }
        text += cells.join(u'\t') + u'\n';
    }
    return text;
}

} // namespace ringscope
