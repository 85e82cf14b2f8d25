// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/heap_files.h"

#include <QBuffer>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QPainter>
#include <QProcess>
#include <QSvgGenerator>
#include <QUrl>

#include <algorithm>
#include <sstream>
#include <utility>

#include "app/desktop/background_jobs.h"
#include "app/desktop/message_bar.h"
#include "app/desktop/output_file.h"
#include "app/desktop/preferences.h"
#include "core/export/heap_export.h"
#include "widgets/heap/flame_graph.h"
#include "widgets/theme/theme.h"

namespace ringscope {

HeapFiles::HeapFiles(QWidget& window, BackgroundJobs& jobs, Preferences& preferences,
                     MessageBar& messages)
    : QObject(&window)
    , m_window(window)
    , m_jobs(jobs)
    , m_preferences(preferences)
    , m_messages(messages) {}

void HeapFiles::saveDhat(const HeapRecordPtr& record) {
    save(record,
         {tr("Save for DHAT's viewer"), QStringLiteral("json"), tr("DHAT profile (*.json)")},
         [](const HeapRecord& saved) {
             std::ostringstream out;
             writeDhat(saved, out);
             return QByteArray::fromStdString(out.str());
         });
}

void HeapFiles::saveFolded(const HeapRecordPtr& record, HeapMeasure measure) {
    save(record,
         {tr("Save folded stacks"), QStringLiteral("folded"), tr("Folded stacks (*.folded)")},
         [measure](const HeapRecord& saved) {
             std::ostringstream out;
             writeFolded(saved, measure, out);
             return QByteArray::fromStdString(out.str());
         });
}

void HeapFiles::savePicture(const HeapRecordPtr& record, FlameGraph& flames, const QString& title) {
    // Painted now: what is shown may change while a name is chosen.
    QBuffer buffer;
    if (record != nullptr) {
        const QSize size(std::max(flames.viewport()->width(), 200),
                         std::max(flames.fullHeight(), 40));
        buffer.open(QIODevice::WriteOnly);
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(), size));
        generator.setTitle(title.toHtmlEscaped());
        QPainter painter(&generator);
        painter.setFont(bodyFont());
        flames.paintAll(painter, size.width());
        painter.end();
    }
    save(record, {tr("Save picture"), QStringLiteral("svg"), tr("Picture (*.svg)")},
         [bytes = buffer.data()](const HeapRecord&) { return bytes; });
}

void HeapFiles::save(const HeapRecordPtr& record, const Kind& kind,
                     std::function<QByteArray(const HeapRecord&)> bytes) {
    if (record == nullptr) {
        m_messages.showRemark(tr("There is no heap profile yet."));
        return;
    }
    auto* const dialog =
        new QFileDialog(&m_window, kind.title, m_preferences.lastFolder(), kind.filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(kind.suffix);
    dialog->selectFile(QStringLiteral("heap-%1-%2.%3")
                           .arg(QString::fromStdString(record->name).replace(u'/', u'-'))
                           .arg(record->process.pid)
                           .arg(kind.suffix));
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, bytes = std::move(bytes), record](const QString& path) {
                m_preferences.setLastFolder(QFileInfo(path).absolutePath());
                m_jobs.run(
                    this,
                    [path, bytes, record](const std::stop_token&) {
                        return writeOutput(path.toStdString(), bytes(*record));
                    },
                    [this, path](const Expected<void>& written) {
                        written ? m_messages.showResult(tr("Written to %1.").arg(path))
                                : m_messages.showError(written.error());
                    });
            });
    dialog->open();
}

void HeapFiles::openSource(const QString& file, int line) {
    if (file.isEmpty()) {
        m_messages.showRemark(tr("The source of this function is not known: its program has no "
                                 "debug information here."));
        return;
    }
    if (!QFileInfo::exists(file)) {
        m_messages.showRemark(
            tr("The source is %1:%2, which is not on this machine.").arg(file).arg(line));
        return;
    }
    // As "code --goto {file}:{line}".
    QStringList words = QProcess::splitCommand(qEnvironmentVariable("RINGSCOPE_EDITOR"));
    if (words.isEmpty()) {
        QDesktopServices::openUrl(QUrl::fromLocalFile(file));
        return;
    }
    for (QString& word : words) {
        word.replace(QStringLiteral("{file}"), file);
        word.replace(QStringLiteral("{line}"), QString::number(std::max(line, 1)));
    }
    const QString editor = words.takeFirst();
    if (!QProcess::startDetached(editor, words)) {
        m_messages.showRemark(
            tr("RINGSCOPE_EDITOR names %1, which cannot be started.").arg(editor));
    }
}

} // namespace ringscope
