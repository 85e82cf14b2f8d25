// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSplitter>

#include <vector>

#include "core/base/units.h"
#include "core/heap/heap_annotations.h"
#include "widgets/heap/histogram_table.h"

namespace ringscope {

class Theme;

// What a program names by the header ringscope/heap.h: its regions, its pools, and what it expects.
// GUI thread only.
class AnnotationTables final : public QSplitter {
    Q_OBJECT
public:
    explicit AnnotationTables(const Theme& theme, QWidget* parent = nullptr);

    void setAnnotations(const HeapAnnotations& annotations, ByteScale scale);

    [[nodiscard]] HistogramTable& regions() { return *m_regions; }
    [[nodiscard]] HistogramTable& pools() { return *m_pools; }
    [[nodiscard]] HistogramTable& expectations() { return *m_expectations; }

private:
    HistogramTable* m_regions;
    HistogramTable* m_pools;
    HistogramTable* m_expectations;
};

// Those with most allocations, most at their peak, most violations first.
[[nodiscard]] std::vector<HistogramRow> regionRows(const HeapAnnotations& annotations,
                                                   ByteScale scale);
[[nodiscard]] std::vector<HistogramRow> poolRows(const HeapAnnotations& annotations,
                                                 ByteScale scale);
[[nodiscard]] std::vector<HistogramRow> expectationRows(const HeapAnnotations& annotations,
                                                        ByteScale scale);

} // namespace ringscope
