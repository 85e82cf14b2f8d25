// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/annotation_tables.h"

#include <algorithm>
#include <cstdint>

#include "core/base/printable_name.h"

namespace ringscope {

namespace {

QString bytesText(std::uint64_t bytes, ByteScale scale) {
    return bytes == 0 ? QString()
                      : QString::fromStdString(formatBytes(static_cast<double>(bytes), scale));
}

// Of rare allocations the first digits count: "0.00013".
QString meanText(double mean) {
    return mean == 0 ? QString() : QString::number(mean, 'g', 3);
}

QString nameOf(const std::string& name) {
    return name.empty() ? QObject::tr("more than there is room for")
                        : QString::fromStdString(printableName(name));
}

template <typename Counters, typename Value>
std::vector<Counters> sorted(std::vector<Counters> all, Value value) {
    std::stable_sort(all.begin(), all.end(),
                     [value](const auto& a, const auto& b) { return value(a) > value(b); });
    return all;
}

} // namespace

AnnotationTables::AnnotationTables(const Theme& theme, QWidget* parent)
    : QSplitter(Qt::Vertical, parent)
    , m_regions(new HistogramTable(
          theme,
          {tr("Region"), tr("Share"), tr("Allocated"), tr("Entries"), tr("Most"), tr("An entry"),
           tr("An entry"), tr("An entry")},
          {tr("Code that the program names; regions within count here too"),
           tr("Of the allocations of all regions, those within others counted twice"),
           tr("Blocks allocated in it"), tr("How often it was run"), tr("Blocks in one entry"),
           tr("Blocks, the mean of all entries"), tr("Usable bytes, the mean of all entries"),
           tr("Time, the mean of all entries")}))
    , m_pools(new HistogramTable(
          theme,
          {tr("Pool"), tr("Share"), tr("Allocated"), tr("Freed"), tr("Live"), tr("Live"),
           tr("Peak")},
          {tr("An allocator of the program's own: not in the numbers of malloc"),
           tr("Of the allocations of all pools"), tr("Blocks that it gave out"),
           tr("Blocks that it got back"), tr("Blocks"), tr("Bytes, as the program counts them"),
           tr("The most bytes that were alive")}))
    , m_expectations(new HistogramTable(
          theme,
          {tr("Expectation"), tr("Share"), tr("Violated"), tr("Scopes"), tr("Allocated"),
           tr("Bytes"), tr("First at")},
          {tr("A scope that is not to allocate more than so much"), tr("Of all violations"),
           tr("How often it did"), tr("How often it was run"), tr("Blocks in the scopes that did"),
           tr("Usable bytes of these"), tr("Where the program says so")})) {
    m_regions->setAccessibleName(tr("Regions"));
    m_pools->setAccessibleName(tr("Pools"));
    m_expectations->setAccessibleName(tr("Expectations"));
    for (HistogramTable* const table : {m_regions, m_pools, m_expectations}) {
        addWidget(table);
    }
    setChildrenCollapsible(false);
    setAnnotations({}, ByteScale::automatic);
}

void AnnotationTables::setAnnotations(const HeapAnnotations& annotations, ByteScale scale) {
    m_regions->setRows(regionRows(annotations, scale));
    m_pools->setRows(poolRows(annotations, scale));
    m_expectations->setRows(expectationRows(annotations, scale));
    // Most programs that name anything name regions.
    m_pools->setVisible(!annotations.pools.empty());
    m_expectations->setVisible(!annotations.expectations.empty());
}

std::vector<HistogramRow> regionRows(const HeapAnnotations& annotations, ByteScale scale) {
    std::vector<HistogramRow> rows;
    for (const HeapRegionCounters& region :
         sorted(annotations.regions, [](const auto& one) { return one.allocations; })) {
        rows.push_back({nameOf(region.name),
                        {region.allocations, region.entries, region.mostAllocations},
                        {meanText(region.allocationsPerEntry()),
                         bytesText(static_cast<std::uint64_t>(region.bytesPerEntry()), scale),
                         QString::fromStdString(
                             formatDuration(static_cast<std::int64_t>(region.timeNsPerEntry())))}});
    }
    return rows;
}

std::vector<HistogramRow> poolRows(const HeapAnnotations& annotations, ByteScale scale) {
    std::vector<HistogramRow> rows;
    for (const HeapPoolCounters& pool :
         sorted(annotations.pools, [](const auto& one) { return one.peakBytes; })) {
        rows.push_back({nameOf(pool.name),
                        {pool.allocations, pool.frees, pool.liveBlocks},
                        {bytesText(pool.liveBytes, scale), bytesText(pool.peakBytes, scale)}});
    }
    return rows;
}

std::vector<HistogramRow> expectationRows(const HeapAnnotations& annotations, ByteScale scale) {
    std::vector<HistogramRow> rows;
    for (const HeapExpectationCounters& one :
         sorted(annotations.expectations, [](const auto& each) { return each.violations; })) {
        const QString place =
            one.file.empty()
                ? QString()
                : QStringLiteral("%1:%2").arg(QString::fromStdString(printableName(one.file)),
                                              QString::number(one.line));
        rows.push_back({nameOf(one.name),
                        {one.violations, one.scopes, one.allocations},
                        {bytesText(one.allocatedBytes, scale), place}});
    }
    return rows;
}

} // namespace ringscope
