// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <functional>

#include "app/desktop/output_file.h"
#include "core/base/expected.h"
#include "core/memory/map_snapshot.h"

class QWidget;

namespace ringscope {

class Preferences;

// Of which process, when and by what: what stands below a picture of a map, and in the file.
[[nodiscard]] QString mapCaption(const MapSnapshot& snapshot);

// What the widget shows, with the caption below, as a file's bytes. png has two pixels for each
// logical one. Formats: png, svg.
[[nodiscard]] QByteArray widgetPicture(QWidget& widget, const QString& caption,
                                       OutputFormat format);

// Asks where and writes the picture there, whole or not at all. done gets the path, or why not;
// nothing when the user cancels.
void saveMapPictureAs(QWidget& parent, Preferences& preferences, QWidget& content,
                      MapSnapshotPtr snapshot, std::function<void(const Expected<QString>&)> done);

} // namespace ringscope
