// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/preferences.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace ringscope {
namespace {

constexpr int kRecentFiles = 10;
// Rises when the docks change so much that a layout saved before makes no sense.
constexpr int kLayoutVersion = 1;

QString layoutKey() {
    return QStringLiteral("window/layout%1").arg(kLayoutVersion);
}

} // namespace

Preferences::Preferences()
    : m_settings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("ringscope"),
                 QStringLiteral("ringscope")) {}

ThemeChoice Preferences::theme() const {
    const QString word = m_settings.value(QStringLiteral("theme")).toString();
    if (word == QLatin1String("light")) {
        return ThemeChoice::light;
    }
    return word == QLatin1String("dark") ? ThemeChoice::dark : ThemeChoice::system;
}

void Preferences::setTheme(ThemeChoice theme) {
    const QString word = theme == ThemeChoice::light  ? QStringLiteral("light")
                         : theme == ThemeChoice::dark ? QStringLiteral("dark")
                                                      : QStringLiteral("system");
    m_settings.setValue(QStringLiteral("theme"), word);
}

ByteScale Preferences::byteScale() const {
    const int value = m_settings.value(QStringLiteral("byteScale")).toInt();
    return value >= 0 && value <= static_cast<int>(ByteScale::pages4k)
               ? static_cast<ByteScale>(value)
               : ByteScale::automatic;
}

void Preferences::setByteScale(ByteScale scale) {
    m_settings.setValue(QStringLiteral("byteScale"), static_cast<int>(scale));
}

QByteArray Preferences::windowGeometry() const {
    return m_settings.value(QStringLiteral("window/geometry")).toByteArray();
}

QByteArray Preferences::windowLayout() const {
    return m_settings.value(layoutKey()).toByteArray();
}

void Preferences::setWindow(const QByteArray& geometry, const QByteArray& layout) {
    m_settings.setValue(QStringLiteral("window/geometry"), geometry);
    m_settings.setValue(layoutKey(), layout);
}

QByteArray Preferences::tableColumns(const QString& table) const {
    return m_settings.value(QStringLiteral("columns/") + table).toByteArray();
}

void Preferences::setTableColumns(const QString& table, const QByteArray& state) {
    m_settings.setValue(QStringLiteral("columns/") + table, state);
}

bool Preferences::isProcessTree() const {
    return m_settings.value(QStringLiteral("processTree"), true).toBool();
}

void Preferences::setProcessTree(bool isTree) {
    m_settings.setValue(QStringLiteral("processTree"), isTree);
}

QString Preferences::lastScenario() const {
    return m_settings.value(QStringLiteral("scenario"), QStringLiteral("steady")).toString();
}

void Preferences::setLastScenario(const QString& name) {
    m_settings.setValue(QStringLiteral("scenario"), name);
}

QStringList Preferences::recentFiles() const {
    return m_settings.value(QStringLiteral("recentFiles")).toStringList();
}

void Preferences::addRecentFile(const QString& path) {
    QStringList files = recentFiles();
    files.removeAll(path);
    files.prepend(path);
    m_settings.setValue(QStringLiteral("recentFiles"), files.mid(0, kRecentFiles));
}

void Preferences::clearRecentFiles() {
    m_settings.remove(QStringLiteral("recentFiles"));
}

QString Preferences::lastFolder() const {
    // A folder that is not there would stand in a file dialog as the name of a file.
    for (const QString& folder :
         {m_settings.value(QStringLiteral("folder")).toString(),
          QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)}) {
        if (!folder.isEmpty() && QFileInfo(folder).isDir()) {
            return folder;
        }
    }
    return QDir::homePath();
}

void Preferences::setLastFolder(const QString& path) {
    m_settings.setValue(QStringLiteral("folder"), path);
}

} // namespace ringscope
