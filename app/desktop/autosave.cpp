// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/autosave.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryFile>

#include <utility>

#include "core/base/process_identity.h"

namespace ringscope {
namespace {

// unsaved-PID-STARTTICKS-N.ringscope
bool isOwnerGone(const QString& fileName) {
    static const QRegularExpression pattern(
        QStringLiteral("^unsaved-(\\d+)-(\\d+)-\\d+\\.ringscope$"));
    const QRegularExpressionMatch match = pattern.match(fileName);
    if (!match.hasMatch()) {
        return false;
    }
    const auto owner = processOf(match.captured(1).toInt());
    return !owner || owner->startTicks != match.captured(2).toULongLong();
}

} // namespace

Autosave::Autosave(QString folder)
    : m_folder(std::move(folder)) {}

QString Autosave::defaultFolder() {
    const QString state = qEnvironmentVariable("XDG_STATE_HOME");
    // As the base directory specification has it, a relative path is no path.
    const QString base =
        QDir::isAbsolutePath(state) ? state : QDir::homePath() + QStringLiteral("/.local/state");
    return base + QStringLiteral("/ringscope");
}

QString Autosave::newFile() {
    // What is recorded may be of another user's process: for the owner's eyes.
    QDir().mkpath(m_folder);
    QFile::setPermissions(m_folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    if (!QTemporaryFile(m_folder + QStringLiteral("/probe-XXXXXX")).open()) {
        return {};
    }
    const ProcessIdentity self = selfProcess();
    return QStringLiteral("%1/unsaved-%2-%3-%4.ringscope")
        .arg(m_folder)
        .arg(self.pid)
        .arg(self.startTicks)
        .arg(++m_count);
}

QStringList Autosave::takeStock() const {
    QStringList files;
    const QDir folder(m_folder);
    for (const QFileInfo& file :
         folder.entryInfoList({QStringLiteral("unsaved-*.ringscope")}, QDir::Files, QDir::Time)) {
        if (!isOwnerGone(file.fileName())) {
            continue;
        }
        if (files.size() < kMaxLeftOver && file.size() > 0) {
            files << file.absoluteFilePath();
        } else {
            QFile::remove(file.absoluteFilePath());
        }
    }
    return files;
}

} // namespace ringscope
