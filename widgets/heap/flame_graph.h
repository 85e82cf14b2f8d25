// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractScrollArea>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/units.h"
#include "core/heap/call_tree.h"
#include "widgets/heap/flame_boxes.h"

namespace ringscope {

class Theme;

// A call tree as boxes: as wide as what is allocated in them, what they call below them. A click
// selects a box, a double click or Return shows it over the whole width, Escape goes back; arrows
// go from box to box. What the text to find is in is marked. The colour is the module's. GUI
// thread.
class FlameGraph final : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit FlameGraph(const Theme& theme, QWidget* parent = nullptr);

    void setTree(std::shared_ptr<const CallTree> tree); // null: nothing to show
    void setMeasure(HeapMeasure measure);
    void setByteScale(ByteScale scale);
    void setFindText(const QString& text);
    void select(std::uint32_t node); // emits nothing; 0: none
    void zoomTo(std::uint32_t node); // 0: all

    [[nodiscard]] std::uint32_t selected() const { return m_selected; }
    [[nodiscard]] std::uint32_t focus() const { return m_focus; }
    [[nodiscard]] const std::vector<FlameBox>& boxes() const { return m_boxes; }
    [[nodiscard]] std::optional<FlameBox> boxAt(QPoint point) const;
    [[nodiscard]] QRectF rectOf(const FlameBox& box) const;
    [[nodiscard]] QString toolTipOf(std::uint32_t node) const;
    // Of what is shown, in functions that the text to find is in, each stack once.
    [[nodiscard]] std::uint64_t foundValue() const { return m_found; }

    // All of it on that width, also what is scrolled away.
    void paintAll(QPainter& painter, int width) const;
    [[nodiscard]] int fullHeight() const;

    [[nodiscard]] QSize sizeHint() const override { return {800, 320}; }

Q_SIGNALS:
    void nodeSelected(quint32 node);
    void focusChanged(quint32 node);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void layOut();
    void findColors();
    void findMatches();
    void choose(std::uint32_t node);
    void chooseBeside(int step);
    void chooseRow(bool isBelow);
    void paintBox(QPainter& painter, const FlameBox& box, const QRectF& rect) const;
    [[nodiscard]] const FlameBox* boxOf(std::uint32_t node) const;

    const Theme& m_theme;
    std::shared_ptr<const CallTree> m_tree;
    HeapMeasure m_measure = HeapMeasure::peak;
    ByteScale m_scale = ByteScale::automatic;
    QString m_text;
    std::vector<std::size_t> m_colors; // by function: of its module
    std::vector<char> m_isMatch;       // by function
    std::uint64_t m_found = 0;
    std::uint32_t m_focus = 0;
    std::uint32_t m_selected = 0;
    std::vector<FlameBox> m_boxes;
};

} // namespace ringscope
