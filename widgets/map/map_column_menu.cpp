// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/map/map_column_menu.h"

#include <QActionGroup>
#include <QCoreApplication>
#include <QHeaderView>
#include <QMenu>

namespace ringscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("MapColumnMenu", text);
}

// Before Qt's own state stands how many columns it is of: Qt takes a state of any number.
QByteArray stateHead(int columns, ColumnNames names) {
    return "map " + QByteArray::number(columns) +
           (names == ColumnNames::vmmapNames ? " vmmap " : " linux ");
}

} // namespace

void addMapColumnActions(QMenu* menu, QHeaderView* header, int firstHideable) {
    for (int column = firstHideable; column < header->count(); ++column) {
        QAction* action = menu->addAction(
            header->model()->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        action->setToolTip(
            header->model()->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString());
        action->setCheckable(true);
        action->setChecked(!header->isSectionHidden(column));
        QObject::connect(action, &QAction::toggled, header, [header, column](bool isShown) {
            header->setSectionHidden(column, !isShown);
        });
    }
    menu->setToolTipsVisible(true);
}

void addMapNameActions(QMenu* menu, ColumnNames now,
                       const std::function<void(ColumnNames)>& choose) {
    auto* group = new QActionGroup(menu);
    const auto add = [&](const QString& text, ColumnNames names) {
        QAction* action = menu->addAction(text);
        action->setCheckable(true);
        action->setChecked(names == now);
        group->addAction(action);
        QObject::connect(action, &QAction::triggered, menu, [choose, names] { choose(names); });
    };
    add(tr("Linux names"), ColumnNames::linuxNames);
    add(tr("VMMap names"), ColumnNames::vmmapNames);
}

QByteArray mapColumnState(const QHeaderView& header, ColumnNames names) {
    return stateHead(header.count(), names) + header.saveState();
}

std::optional<ColumnNames> restoreMapColumnState(QHeaderView* header, const QByteArray& state) {
    for (const ColumnNames names : {ColumnNames::linuxNames, ColumnNames::vmmapNames}) {
        const QByteArray head = stateHead(header->count(), names);
        if (state.startsWith(head) && header->restoreState(state.mid(head.size()))) {
            return names;
        }
    }
    return std::nullopt;
}

} // namespace ringscope
