// SPDX-License-Identifier: MIT
#include "core/session/annotation_json.h"

#include <utility>

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

Json toJson(const HeapRegionCounters& region) {
    return {{"name", region.name},
            {"entries", region.entries},
            {"unattributed", region.unattributed},
            {"allocating", region.allocating},
            {"allocations", region.allocations},
            {"frees", region.frees},
            {"allocated_bytes", region.allocatedBytes},
            {"freed_bytes", region.freedBytes},
            {"time_ns", region.timeNs},
            {"most_allocations", region.mostAllocations},
            {"allocations_per_entry", region.allocationsPerEntry()},
            {"bytes_per_entry", region.bytesPerEntry()}};
}

Json toJson(const HeapPoolCounters& pool) {
    return {{"name", pool.name},
            {"pools", pool.pools},
            {"allocations", pool.allocations},
            {"frees", pool.frees},
            {"allocated_bytes", pool.allocatedBytes},
            {"live_blocks", pool.liveBlocks},
            {"live_bytes", pool.liveBytes},
            {"peak_bytes", pool.peakBytes}};
}

Json toJson(const HeapExpectationCounters& expectation) {
    Json json = {{"name", expectation.name},
                 {"scopes", expectation.scopes},
                 {"unattributed", expectation.unattributed},
                 {"violations", expectation.violations}};
    if (expectation.violations != 0) {
        json["allocations"] = expectation.allocations;
        json["allocated_bytes"] = expectation.allocatedBytes;
        json["most_allocations"] = expectation.mostAllocations;
        json["first_ns"] = expectation.firstNs;
        json["first_tid"] = expectation.firstTid;
        json["file"] = expectation.file;
        json["line"] = expectation.line;
        json["allowed_allocations"] = expectation.allowedAllocations;
        json["allowed_bytes"] = expectation.allowedBytes;
    }
    return json;
}

template <typename Counters>
Json listOf(const std::vector<Counters>& all) {
    Json list = Json::array();
    for (const Counters& one : all) {
        list.push_back(toJson(one));
    }
    return list;
}

void readRegion(const Fields& fields, HeapRegionCounters& to) {
    fields.read("name", to.name).read("entries", to.entries);
    fields.read("unattributed", to.unattributed).read("allocating", to.allocating);
    fields.read("allocations", to.allocations).read("frees", to.frees);
    fields.read("allocated_bytes", to.allocatedBytes).read("freed_bytes", to.freedBytes);
    fields.read("time_ns", to.timeNs).read("most_allocations", to.mostAllocations);
}

void readPool(const Fields& fields, HeapPoolCounters& to) {
    fields.read("name", to.name).read("pools", to.pools);
    fields.read("allocations", to.allocations).read("frees", to.frees);
    fields.read("allocated_bytes", to.allocatedBytes).read("live_blocks", to.liveBlocks);
    fields.read("live_bytes", to.liveBytes).read("peak_bytes", to.peakBytes);
}

void readExpectation(const Fields& fields, HeapExpectationCounters& to) {
    fields.read("name", to.name).read("scopes", to.scopes);
    fields.read("unattributed", to.unattributed).read("violations", to.violations);
    fields.read("allocations", to.allocations).read("allocated_bytes", to.allocatedBytes);
    fields.read("most_allocations", to.mostAllocations).read("first_ns", to.firstNs);
    fields.read("first_tid", to.firstTid).read("file", to.file).read("line", to.line);
    fields.read("allowed_allocations", to.allowedAllocations);
    fields.read("allowed_bytes", to.allowedBytes);
}

HeapAnnotationRecord recordOf(const Fields& fields) {
    HeapAnnotationRecord record;
    fields.read("process", record.label).read("pid", record.process.pid);
    fields.read("start_ticks", record.process.startTicks).read("name", record.name);
    fields.read("lost_markers", record.lostMarkers);
    HeapAnnotations& to = record.annotations;
    fields.each("regions",
                [&to](const Fields& part) { readRegion(part, to.regions.emplace_back()); });
    fields.each("pools", [&to](const Fields& part) { readPool(part, to.pools.emplace_back()); });
    fields.each("expectations", [&to](const Fields& part) {
        readExpectation(part, to.expectations.emplace_back());
    });
    return record;
}

} // namespace

std::string annotationsToJson(const std::vector<HeapAnnotationRecord>& records) {
    Json list = Json::array();
    for (const HeapAnnotationRecord& record : records) {
        Json one = {{"process", record.label},
                    {"pid", record.process.pid},
                    {"start_ticks", record.process.startTicks},
                    {"name", record.name},
                    {"lost_markers", record.lostMarkers}};
        one["regions"] = listOf(record.annotations.regions);
        one["pools"] = listOf(record.annotations.pools);
        one["expectations"] = listOf(record.annotations.expectations);
        list.push_back(std::move(one));
    }
    return dumpJson(list);
}

std::optional<std::vector<HeapAnnotationRecord>> annotationsFromJson(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_array()) {
        return std::nullopt;
    }
    try {
        std::vector<HeapAnnotationRecord> records;
        for (const Json& item : json) {
            if (item.is_object()) {
                records.push_back(recordOf(Fields(item)));
            }
        }
        return records;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

} // namespace ringscope
