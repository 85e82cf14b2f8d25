// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/themed_icon.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

namespace ringscope {

namespace {

// Draws an SVG whose strokes are `currentColor`, which QSvgRenderer does not know: the word is
// replaced by the colour before it is parsed.
class TintedSvgEngine : public QIconEngine {
public:
    TintedSvgEngine(QByteArray svg, const ThemeTokens& tokens)
        : m_svg(std::move(svg))
        , m_normal(tokens.text)
        , m_disabled(tokens.textDisabled)
        , m_on(tokens.accent) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode,
               QIcon::State state) override {
        const QColor color = mode == QIcon::Disabled ? m_disabled
                             : state == QIcon::On    ? m_on
                                                     : m_normal;
        QByteArray tinted = m_svg;
        tinted.replace("currentColor", color.name().toLatin1());
        QSvgRenderer renderer(tinted);
        renderer.render(painter, QRectF(rect));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return pixmap;
    }

    [[nodiscard]] QIconEngine* clone() const override { return new TintedSvgEngine(*this); }

private:
    QByteArray m_svg;
    QColor m_normal;
    QColor m_disabled;
    QColor m_on;
};

} // namespace

QIcon themedIcon(const QString& name, const ThemeTokens& tokens) {
    QFile file(QStringLiteral(":/ringscope/icons/actions/") + name + QStringLiteral(".svg"));
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    return QIcon(new TintedSvgEngine(file.readAll(), tokens));
}

} // namespace ringscope
