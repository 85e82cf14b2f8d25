// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <cstdint>
#include <vector>

#include "core/base/units.h"
#include "core/heap/heap_profile.h"

namespace ringscope {

class Theme;

struct HistogramRow {
    QString label;
    std::vector<std::uint64_t> counts; // the first is what the bars show
    std::vector<QString> texts;        // of the columns behind them

    bool operator==(const HistogramRow&) const = default;
};

// Classes of something in their order, each with a bar for its share. GUI thread.
class HistogramTable final : public QTreeView {
    Q_OBJECT
public:
    // titles: of the classes, of the share, of each count and each text. helps: what each means.
    HistogramTable(const Theme& theme, const QStringList& titles, const QStringList& helps,
                   QWidget* parent = nullptr);

    void setRows(const std::vector<HistogramRow>& rows);

private:
    class Model;
    Model* m_model;
};

// Rows of those that a heap profile has: blocks by size, by lifetime, by thread.
[[nodiscard]] std::vector<HistogramRow> sizeRows(const HeapProfile& profile);
[[nodiscard]] std::vector<HistogramRow> lifetimeRows(const HeapProfile& profile);
[[nodiscard]] std::vector<HistogramRow> threadRows(const HeapProfile& profile, ByteScale scale);

} // namespace ringscope
