// SPDX-License-Identifier: MIT
#include "core/session/annotation_json.h"

#include <gtest/gtest.h>
#include <limits>

namespace ringscope {
namespace {

// Each number another one, so that none can stand for its neighbour.
HeapAnnotationRecord recordOfAll() {
    HeapAnnotationRecord record;
    record.label = "P3";
    record.process = {4711, 99, 0};
    record.name = "server";
    record.lostMarkers = 7;
    HeapRegionCounters region{"hot path", 10, 11, 12, 13, 14, 15, 16, 17, 18};
    HeapPoolCounters pool{"nodes", 20, 21, 22, 23, 24, 25, 26};
    HeapExpectationCounters kept;
    kept.name = "kept";
    kept.scopes = 5;
    HeapExpectationCounters violated{"violated",
                                     30,
                                     31,
                                     32,
                                     33,
                                     34,
                                     35,
                                     36,
                                     37,
                                     "a.cpp",
                                     38,
                                     39,
                                     std::numeric_limits<std::uint64_t>::max()};
    record.annotations = {{region}, {pool}, {kept, violated}};
    return record;
}

TEST(AnnotationJson, ComesBackAsItWas) {
    const std::vector<HeapAnnotationRecord> records = {recordOfAll(), HeapAnnotationRecord()};
    const auto back = annotationsFromJson(annotationsToJson(records));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, records);
}

TEST(AnnotationJson, CountsViolationsOfAll) {
    EXPECT_EQ(violationsOf({recordOfAll(), recordOfAll()}), 64U);
}

TEST(AnnotationJson, NamesNeedNotBeUtf8) {
    HeapAnnotationRecord record = recordOfAll();
    record.annotations.regions[0].name = "\xff\x01";
    EXPECT_TRUE(annotationsFromJson(annotationsToJson({record})));
}

TEST(AnnotationJson, RefusesWhatIsNone) {
    EXPECT_FALSE(annotationsFromJson("{}"));
    EXPECT_FALSE(annotationsFromJson("["));
    EXPECT_FALSE(annotationsFromJson(R"([{"regions": [{"entries": "many"}]}])"));
    EXPECT_FALSE(annotationsFromJson(R"([{"regions": [{"entries": -1}]}])"));
    EXPECT_TRUE(annotationsFromJson("[]")->empty());
}

} // namespace
} // namespace ringscope
