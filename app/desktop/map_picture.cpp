// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/map_picture.h"

#include <QBuffer>
#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QSvgGenerator>
#include <QWidget>

#include <utility>

#include "app/desktop/preferences.h"
#include "core/base/printable_name.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

constexpr double kPngScale = 2;
constexpr int kUnitsPerInch = 96;

int captionHeight(const QWidget& widget) {
    return QFontMetrics(widget.font()).height() + kSpaceRelated;
}

void paint(QWidget& widget, const QString& caption, QPainter& painter) {
    const QRect all(0, 0, widget.width(), widget.height() + captionHeight(widget));
    painter.fillRect(all, widget.palette().color(QPalette::Window));
    painter.setFont(widget.font());
    painter.setPen(widget.palette().color(QPalette::PlaceholderText));
    const QRect line(kSpaceRelated, widget.height(), all.width() - 2 * kSpaceRelated,
                     captionHeight(widget));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignTop,
                     QFontMetrics(widget.font()).elidedText(caption, Qt::ElideRight, line.width()));
    widget.render(&painter, QPoint(), QRegion(), QWidget::DrawChildren);
}

Expected<QString> write(const QString& path, QWidget& content, const QString& caption) {
    const auto format = outputFormat(path.toStdString(), {OutputFormat::png, OutputFormat::svg});
    if (!format) {
        return format.error();
    }
    const QByteArray bytes = widgetPicture(content, caption, *format);
    if (auto written = writeOutput(path.toStdString(), bytes); !written) {
        return written.error();
    }
    return path;
}

} // namespace

QString mapCaption(const MapSnapshot& snapshot) {
    QString text = QString::fromStdString(printableName(snapshot.name));
    if (snapshot.space.process.pid != 0) {
        text += QObject::tr(", pid %1").arg(snapshot.space.process.pid);
    }
    if (snapshot.wallNs > 0) {
        text += QStringLiteral(", ") +
                QDateTime::fromMSecsSinceEpoch(snapshot.wallNs / 1'000'000).toString(Qt::ISODate);
    }
    return text + QStringLiteral(" · Ringscope " RINGSCOPE_VERSION);
}

QByteArray widgetPicture(QWidget& widget, const QString& caption, OutputFormat format) {
    const QSize size(widget.width(), widget.height() + captionHeight(widget));
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (format == OutputFormat::svg) {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setResolution(kUnitsPerInch);
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(), size));
        generator.setTitle(QObject::tr("Memory map"));
        generator.setDescription(caption.toHtmlEscaped()); // it writes it as it is
        QPainter painter(&generator);
        paint(widget, caption, painter);
        painter.end();
    } else {
        QImage image((QSizeF(size) * kPngScale).toSize(), QImage::Format_RGB32);
        image.setDevicePixelRatio(kPngScale);
        image.setText(QStringLiteral("Title"), QObject::tr("Memory map"));
        image.setText(QStringLiteral("Description"), caption);
        QPainter painter(&image);
        paint(widget, caption, painter);
        painter.end();
        image.save(&buffer, "png");
    }
    QByteArray bytes = buffer.data();
    if (format == OutputFormat::svg) {
        // A family for readers without DejaVu Sans.
        bytes.replace("font-family=\"DejaVu Sans\"", "font-family=\"DejaVu Sans, sans-serif\"");
    }
    return bytes;
}

void saveMapPictureAs(QWidget& parent, Preferences& preferences, QWidget& content,
                      MapSnapshotPtr snapshot, std::function<void(const Expected<QString>&)> done) {
    auto* const dialog =
        new QFileDialog(&parent, QObject::tr("Save picture"), preferences.lastFolder(),
                        QObject::tr("Picture (*.png);;Drawing (*.svg)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->selectFile(QStringLiteral("%1-%2-%3.png")
                           .arg(QString::fromStdString(snapshot->name).replace(u'/', u'-'))
                           .arg(snapshot->space.process.pid)
                           .arg(QDateTime::fromMSecsSinceEpoch(snapshot->wallNs / 1'000'000)
                                    .toString(QStringLiteral("yyyyMMdd-HHmmss"))));
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("svg")) ? QStringLiteral("svg")
                                                                       : QStringLiteral("png"));
    });
    QObject::connect(dialog, &QFileDialog::fileSelected, &parent,
                     [&preferences, &content, caption = mapCaption(*snapshot),
                      done = std::move(done)](const QString& path) {
                         preferences.setLastFolder(QFileInfo(path).absolutePath());
                         done(write(path, content, caption));
                     });
    dialog->open();
}

} // namespace ringscope
