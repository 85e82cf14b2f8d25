// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/units.h"

namespace ringscope {

class Theme;

// What a page can be; each page is one of them. The order from the bottom of a column upwards and
// of the legend.
enum class ShownPage : std::uint8_t {
    exclusive, // resident, of this process alone
    shared,    // resident, mapped by another process too, as Shared RSS counts
    huge,      // resident in a huge page
    zero,      // the kernel's one page of zeros
    swapped,
    guard,      // a touch ends the process
    notPresent, // no memory until somebody touches it
};
inline constexpr std::size_t kShownPages = 7;

// The pages of a part of a region: how much of it each state is, 0 to 1, in all 1.
struct PageColumn {
    std::array<double, kShownPages> shares{};

    [[nodiscard]] double of(ShownPage state) const {
        return shares[static_cast<std::size_t>(state)];
    }
    [[nodiscard]] double& of(ShownPage state) { return shares[static_cast<std::size_t>(state)]; }
    bool operator==(const PageColumn&) const = default;
};

// The pages of one region, in columns of equal length. A value.
struct PageColumns {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t pageSize = 4096;
    bool knowsZeroAndHuge = false; // false: such pages are in exclusive and notPresent
    std::vector<PageColumn> columns;
    QString remark; // what a reader must know, one sentence; may be empty

    bool operator==(const PageColumns&) const = default;
};

// As the legend says it.
[[nodiscard]] QString shownPageName(ShownPage state, bool knowsZeroAndHuge);
// Bytes of a state in the whole region.
[[nodiscard]] double shownPageBytes(const PageColumns& pages, ShownPage state);
// The mean shares of the columns that a pixel of widthPx shows; x from 0 to widthPx - 1.
[[nodiscard]] PageColumn pagesOfPixel(const PageColumns& pages, int x, int widthPx);

// The pages of one region as a strip from its first address to its last: each column filled from
// below by state, a legend with bytes above it, the remark below. What is not solid has a pattern,
// so that no state is told by its colour alone. Repaints only when what it shows changes. GUI
// thread only.
class PageStrip final : public QWidget {
    Q_OBJECT
public:
    explicit PageStrip(const Theme& theme, QWidget* parent = nullptr);

    void setPages(std::optional<PageColumns> pages); // empty: no region is selected
    // Why there are none, in place of the request to select a region; empty: that.
    void setReason(const QString& reason);
    [[nodiscard]] const QString& reason() const noexcept { return m_reason; }
    void setByteScale(ByteScale scale);

    [[nodiscard]] QRect stripRect() const; // where the columns are
    [[nodiscard]] QString toolTipAt(QPoint point) const;
    [[nodiscard]] QString legendText() const; // the entries, a line each

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct LegendEntry {
        ShownPage state = ShownPage::exclusive;
        QString text;
        QRect area;
    };

    void refresh();
    [[nodiscard]] std::vector<LegendEntry> legend() const; // as it is laid out at this width
    [[nodiscard]] int remarkHeight(int width) const;
    void paintState(QPainter& painter, const QRectF& area, ShownPage state) const;
    void paintColumns(QPainter& painter) const;

    const Theme& m_theme; // Outlives this.
    std::optional<PageColumns> m_pages;
    QString m_reason;
    ByteScale m_byteScale = ByteScale::automatic;
};

} // namespace ringscope
