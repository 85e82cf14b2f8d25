// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QLineEdit>
#include <QTableView>
#include <QWidget>

#include <string>

namespace ringscope {

// The controls below a widget that a screen reader could not name, one a line; empty when each has
// a name. Qt's own parts of a control (a spin box's line edit) are the control's.
inline std::string namelessControls(const QWidget& root) {
    std::string nameless;
    for (const QWidget* widget : root.findChildren<QWidget*>()) {
        const bool isControl = qobject_cast<const QAbstractButton*>(widget) != nullptr ||
                               qobject_cast<const QComboBox*>(widget) != nullptr ||
                               qobject_cast<const QAbstractSpinBox*>(widget) != nullptr ||
                               qobject_cast<const QLineEdit*>(widget) != nullptr ||
                               qobject_cast<const QTableView*>(widget) != nullptr;
        const QWidget* parent = widget->parentWidget();
        const bool isPart = widget->objectName().startsWith(QLatin1String("qt_")) ||
                            qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
                            qobject_cast<const QLineEdit*>(parent) != nullptr ||
                            qobject_cast<const QTableView*>(parent) != nullptr;
        if (!isControl || isPart) {
            continue;
        }
        QAccessibleInterface* interface =
            QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
        if (interface == nullptr || interface->text(QAccessible::Name).trimmed().isEmpty()) {
            nameless += std::string(widget->metaObject()->className()) + " in " +
                        (parent != nullptr ? parent->metaObject()->className() : "nothing") + "\n";
        }
    }
    return nameless;
}

} // namespace ringscope
