// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QStringList>

#include "app/desktop/command_line.h"
#include "core/base/units.h"

namespace ringscope {

// What the window remembers between starts. Qt keeps the file in memory and writes it later, so
// these calls do not wait for the disk. GUI thread.
class Preferences {
public:
    Preferences();

    [[nodiscard]] ThemeChoice theme() const;
    void setTheme(ThemeChoice theme);
    [[nodiscard]] ByteScale byteScale() const;
    void setByteScale(ByteScale scale);
    [[nodiscard]] QByteArray windowGeometry() const;
    [[nodiscard]] QByteArray windowLayout() const;
    void setWindow(const QByteArray& geometry, const QByteArray& layout);
    [[nodiscard]] QByteArray tableColumns(const QString& table) const;
    void setTableColumns(const QString& table, const QByteArray& state);
    // Whether processes to pick from stand under their parents.
    [[nodiscard]] bool isProcessTree() const;
    void setProcessTree(bool isTree);
    [[nodiscard]] QString lastScenario() const;
    void setLastScenario(const QString& name);
    // Newest first, at most ten.
    [[nodiscard]] QStringList recentFiles() const;
    void addRecentFile(const QString& path);
    void clearRecentFiles();
    // Where the last file was written or opened, if it is still there; else the documents or the
    // home folder.
    [[nodiscard]] QString lastFolder() const;
    void setLastFolder(const QString& path);

private:
    QSettings m_settings;
};

} // namespace ringscope
