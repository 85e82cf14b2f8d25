// SPDX-License-Identifier: MIT
#include "core/export/map_csv.h"

#include <ios>
#include <ostream>
#include <sstream>
#include <string>

#include "core/export/csv_fields.h"
#include "core/memory/map_columns.h"
#include "core/memory/map_objects.h"
#include "core/memory/told_columns.h"

namespace ringscope {

namespace {

std::string hexAddress(std::uint64_t address) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << "0x" << std::hex << address;
    return text.str();
}

void writeHeads(std::string_view first, std::string_view last, std::ostream& out) {
    out << first;
    for (const MapColumn& column : mapColumns()) {
        out << ',' << column.key;
    }
    out << last << '\n';
}

void writeSums(const MemorySums& sums, const MapSnapshot& snapshot, std::ostream& out) {
    for (const MapColumn& column : mapColumns()) {
        out << ',';
        if (tells(snapshot, column)) {
            out << std::to_string(column.value(sums));
        }
    }
}

void writeDifferences(const MapDifference& difference, const MemorySums& before,
                      const MemorySums& after, std::ostream& out) {
    for (const MapColumn& column : mapColumns()) {
        out << ',';
        if (difference.tells(column)) {
            out << std::to_string(
                static_cast<std::int64_t>(column.value(after) - column.value(before)));
        }
    }
}

// The last column, which is there only where the nodes were read.
std::string_view nodesHead(const MapSnapshot& snapshot) {
    return snapshot.nodes ? ",nodes" : "";
}

void writeNodes(const MapSnapshot& snapshot, const MemoryNodes& nodes, std::ostream& out) {
    if (snapshot.nodes) {
        out << ',' << memoryNodesField(nodes);
    }
}

void writeTypes(const MapSnapshot& snapshot, std::optional<MemoryType> only, std::ostream& out) {
    writeHeads("type", nodesHead(snapshot), out);
    const MemoryByType sums = snapshot.sums();
    for (const MemoryType type : kMemoryTypes) {
        if (!only || *only == type) {
            out << memoryTypeName(type);
            writeSums(sums.of(type), snapshot, out);
            writeNodes(snapshot, snapshot.nodesOf(type), out);
            out << '\n';
        }
    }
    if (!only) {
        out << "Total";
        writeSums(sums.regionTotal(), snapshot, out);
        writeNodes(snapshot, snapshot.nodesOf(std::nullopt), out);
        out << '\n';
    }
}

void writeObjects(const MapSnapshot& snapshot, std::optional<MemoryType> only, std::ostream& out) {
    writeHeads("type,object", nodesHead(snapshot), out);
    for (const MapObject& object : groupByObject(snapshot).objects) {
        if (!only || *only == object.type) {
            out << memoryTypeName(object.type) << ',' << csv::quoted(object.name);
            writeSums(object.sums, snapshot, out);
            writeNodes(snapshot, snapshot.nodesOf(object.regions), out);
            out << '\n';
        }
    }
}

void writeRegions(const MapSnapshot& snapshot, std::optional<MemoryType> only, std::ostream& out) {
    writeHeads("start,end,type,object,protection",
               std::string(",offset,device,inode,flags,details").append(nodesHead(snapshot)), out);
    const MapObjects objects = groupByObject(snapshot);
    const MemoryMap& map = snapshot.space.map;
    for (std::size_t i = 0; i < map.regions.size(); ++i) {
        const MemoryRegion& region = map.regions[i];
        if (only && *only != snapshot.types[i]) {
            continue;
        }
        out << hexAddress(region.start) << ',' << hexAddress(region.end) << ','
            << memoryTypeName(snapshot.types[i]) << ','
            << csv::quoted(objects.objects[objects.objectOf[i]].name) << ','
            << protectionCode(region);
        writeSums(sumsOf(map, region, snapshot.types[i]), snapshot, out);
        out << ',' << std::to_string(region.offset) << ',' << std::to_string(region.deviceMajor)
            << ':' << std::to_string(region.deviceMinor) << ',' << std::to_string(region.inode)
            << ',' << csv::quoted(map.flagsOf(region)) << ','
            << csv::quoted(regionDetails(snapshot, i));
        writeNodes(snapshot, snapshot.nodes ? snapshot.nodes->regions[i] : MemoryNodes{}, out);
        out << '\n';
    }
}

} // namespace

void writeMapCsv(const MapSnapshot& snapshot, MapRows rows, std::optional<MemoryType> only,
                 std::ostream& out) {
    out << "# Ringscope memory map, sizes in bytes\n# process: "
        << std::to_string(snapshot.space.process.pid) << ' ' << csv::oneLine(snapshot.name)
        << "\n# time (Unix time, ns): " << std::to_string(snapshot.wallNs) << '\n';
    for (const std::string& remark : snapshot.remarks) {
        out << "# " << csv::oneLine(remark) << '\n';
    }
    switch (rows) {
    case MapRows::type:
        return writeTypes(snapshot, only, out);
    case MapRows::object:
        return writeObjects(snapshot, only, out);
    case MapRows::region:
        return writeRegions(snapshot, only, out);
    }
}

void writeMapDifferenceCsv(const MapDifference& difference, MapRows rows, std::ostream& out) {
    out << "# Ringscope memory map, what changed, in bytes\n";
    if (const std::string leftOut = difference.leftOut(); !leftOut.empty()) {
        out << "# " << leftOut << '\n';
    }
    if (rows == MapRows::type) {
        writeHeads("type", "", out);
        for (const MemoryType type : kMemoryTypes) {
            out << memoryTypeName(type);
            writeDifferences(difference, difference.before.of(type), difference.after.of(type),
                             out);
            out << '\n';
        }
        out << "Total";
        writeDifferences(difference, difference.before.regionTotal(),
                         difference.after.regionTotal(), out);
        out << '\n';
        return;
    }
    const bool isByRegion = rows == MapRows::region;
    writeHeads(isByRegion ? "change,start,end,type,object" : "change,type,object", "", out);
    for (const MapDifferenceRow& row : isByRegion ? difference.regions : difference.objects) {
        if (row.change == MapChange::same) {
            continue;
        }
        out << mapChangeName(row.change) << ',';
        if (isByRegion) {
            out << hexAddress(row.start) << ',' << hexAddress(row.end) << ',';
        }
        out << memoryTypeName(row.type) << ',' << csv::quoted(row.name);
        writeDifferences(difference, row.before, row.after, out);
        out << '\n';
    }
}

} // namespace ringscope
