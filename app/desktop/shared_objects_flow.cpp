// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/shared_objects_flow.h"

#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <stop_token>
#include <string>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/pick_dialog.h"
#include "core/base/clock.h"
#include "core/base/printable_name.h"
#include "core/base/units.h"

namespace ringscope {
namespace {

using Objects = std::shared_ptr<std::vector<SharedObject>>;

QString fromStd(const std::string& text) {
    return QString::fromStdString(text);
}

QString nameOf(const SharedObject& object) {
    return fromStd(printableName(object.name));
}

PickRow::Cell numberCell(const QString& text, double number) {
    return {text, number};
}

PickRow::Cell bytesCell(std::uint64_t bytes, bool isLeast = false) {
    const QString text = fromStd(formatBytes(static_cast<double>(bytes)));
    return numberCell(isLeast ? QObject::tr("≥ %1").arg(text) : text, static_cast<double>(bytes));
}

PickRow::Cell ageCell(const SharedObject& object) {
    if (object.sinceNs == 0) {
        return numberCell({}, -1);
    }
    const std::int64_t ageNs = std::max<std::int64_t>(0, wallClockNs() - object.sinceNs);
    return numberCell(fromStd(formatDuration(ageNs)), static_cast<double>(ageNs));
}

PickRow rowOf(const SharedObject& object, std::size_t index) {
    PickRow row;
    row.cells = {{nameOf(object), {}},
                 {fromStd(sharedObjectKindName(object)), {}},
                 bytesCell(object.bytes, object.isSizeLeast),
                 object.isSizeLeast ? numberCell({}, -1) : bytesCell(object.residentBytes),
                 ageCell(object),
                 {fromStd(object.state), {}}};
    row.whyNot = fromStd(object.keptBecause);
    row.value = static_cast<qulonglong>(index);
    return row;
}

} // namespace

SharedObjectsFlow::SharedObjectsFlow(QWidget& window, BackgroundJobs& jobs, MessageBar& messages)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_messages(messages) {}

void SharedObjectsFlow::begin() {
    const auto objects = std::make_shared<std::vector<SharedObject>>();
    auto* const dialog = new PickDialog(
        {tr("Shared memory objects"),
         tr("Memory that processes share on this machine: files of /dev/shm, System V segments and "
            "memfds. One that nobody uses can be removed; the others are grey and say who does."),
         tr("Remove…"),
         tr("There is no shared memory here now."),
         {tr("Name"), tr("Kind"), tr("Size"), tr("Resident"), tr("Age"), tr("Used")},
         5},
        &m_window);
    dialog->setObjectName(QStringLiteral("sharedObjects"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->resize(980, 520);
    const auto fill = [this, dialog, objects] {
        m_jobs.run(
            dialog, [](const std::stop_token&) { return listSharedObjects(); },
            [dialog, objects](std::vector<SharedObject> found) {
                std::stable_sort(found.begin(), found.end(),
                                 [](const SharedObject& a, const SharedObject& b) {
                                     return a.keptBecause.empty() > b.keptBecause.empty();
                                 });
                *objects = std::move(found);
                std::vector<PickRow> rows;
                for (std::size_t index = 0; index < objects->size(); ++index) {
                    rows.push_back(rowOf((*objects)[index], index));
                }
                dialog->setRows(rows);
            });
    };
    connect(dialog, &PickDialog::refreshRequested, dialog, fill);
    connect(dialog, &PickDialog::picked, this,
            [this, objects](const QVariant& index) { ask((*objects)[index.toULongLong()]); });
    fill();
    dialog->open();
}

void SharedObjectsFlow::ask(const SharedObject& object) {
    auto* const box =
        new QMessageBox(QMessageBox::Question, tr("Remove shared memory"),
                        tr("Remove %1 (%2, %3)?")
                            .arg(nameOf(object), fromStd(sharedObjectKindName(object)),
                                 fromStd(formatBytes(static_cast<double>(object.bytes)))),
                        QMessageBox::NoButton, &m_window);
    box->setObjectName(QStringLiteral("removeObject"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText); // the name is anybody's
    box->setInformativeText(tr("What is in it is lost. A program that comes back for it finds "
                               "nothing."));
    auto* const act = box->addButton(tr("Remove"), QMessageBox::AcceptRole);
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(box, &QMessageBox::buttonClicked, this,
            [this, act, object](const QAbstractButton* clicked) {
                if (clicked == act) {
                    remove(object);
                }
            });
    box->open();
}

void SharedObjectsFlow::remove(const SharedObject& object) {
    m_jobs.run(
        this, [object](const std::stop_token&) { return removeSharedObject(object); },
        [this, object](const Expected<void>& removed) {
            if (removed) {
                m_messages.showResult(
                    tr("%1 was removed: %2.")
                        .arg(nameOf(object),
                             fromStd(formatBytes(static_cast<double>(object.bytes)))));
            } else {
                m_messages.showError(removed.error());
            }
        });
}

} // namespace ringscope
