// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/report_pdf.h"

#include <QAbstractTextDocumentLayout>
#include <QBuffer>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgRenderer>
#include <QTextDocument>

#include "app/desktop/report_html.h"
#include "widgets/theme/theme_tokens.h"

namespace ringscope {
namespace {

// Everything is laid out in units of 1/96 inch and scaled to the page's dots.
constexpr double kUnitsPerInch = 96;
constexpr int kDotsPerInch = 300;
constexpr QMarginsF kMarginsMm(15, 15, 15, 15);
constexpr double kGap = 12;

class Pages {
public:
    Pages(QPdfWriter& writer, QPainter& painter)
        : m_writer(writer)
        , m_painter(painter) {
        const double scale = kDotsPerInch / kUnitsPerInch;
        m_painter.scale(scale, scale);
        m_size = QSizeF(writer.width() / scale, writer.height() / scale);
    }

    void addText(const QString& html) {
        QTextDocument document;
        document.setDefaultFont(bodyFont());
        document.setHtml(html);
        document.documentLayout()->setPaintDevice(nullptr);
        document.setPageSize(m_size);
        document.setDocumentMargin(0);
        for (int page = 0; page < document.pageCount(); ++page) {
            startPage();
            const QRectF part(0, page * m_size.height(), m_size.width(), m_size.height());
            m_painter.save();
            m_painter.translate(0, -part.top());
            m_painter.setClipRect(part);
            document.drawContents(&m_painter, part);
            m_painter.restore();
        }
        m_top = m_size.height(); // what follows starts on a page of its own
    }

    void addPicture(const QByteArray& svg) {
        QSvgRenderer renderer(svg);
        if (!renderer.isValid()) {
            return;
        }
        const QSizeF size = renderer.viewBoxF().size();
        const double height = m_size.width() * size.height() / size.width();
        if (!m_isStarted || m_top + height > m_size.height()) {
            startPage();
        }
        renderer.render(&m_painter, QRectF(0, m_top, m_size.width(), height));
        m_top += height + kGap;
    }

private:
    void startPage() {
        if (m_isStarted) {
            m_writer.newPage();
        }
        m_isStarted = true;
        m_top = 0;
    }

    QPdfWriter& m_writer;
    QPainter& m_painter;
    QSizeF m_size;
    double m_top = 0;
    bool m_isStarted = false;
};

} // namespace

QByteArray reportPdf(const ReportContent& content) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kDotsPerInch);
    writer.setPageSize(QPageSize(QPageSize::A4));
    writer.setPageMargins(kMarginsMm, QPageLayout::Millimeter);
    writer.setTitle(content.title);
    writer.setCreator(QStringLiteral("Ringscope %1")
                          .arg(QString::fromStdString(content.view->provenance->version)));
    QPainter painter(&writer);
    Pages pages(writer, painter);
    pages.addText(reportHeadHtml(content));
    for (const ReportChart& chart : content.charts) {
        pages.addPicture(chart.svg);
    }
    pages.addText(reportTablesHtml(content));
    painter.end();
    return bytes;
}

} // namespace ringscope
