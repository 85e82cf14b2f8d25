// SPDX-License-Identifier: MIT
#include "core/heap/call_tree.h"

#include <gtest/gtest.h>
#include <map>
#include <string>

#include "tests/support/heap_records.h"

namespace ringscope {
namespace {

using testing::heapRecord;

// "name bytes/self bytes", by depth.
void describe(const CallTree& tree, std::uint32_t node, const std::string& indent,
              std::string& text) {
    for (const std::uint32_t child : tree.childrenOf(node)) {
        const CallTree::Node& at = tree.nodes()[child];
        text += indent + tree.functionOf(child).name + " " +
                std::to_string(at.total[HeapMeasure::total]) + "/" +
                std::to_string(at.self[HeapMeasure::total]) + "\n";
        describe(tree, child, indent + " ", text);
    }
}

std::string textOf(const HeapRecord& record, CallDirection direction) {
    std::string text;
    describe(CallTree(record.profile, record.symbols, direction), 0, "", text);
    return text;
}

TEST(CallTree, GoesFromMainToWhatAllocates) {
    EXPECT_EQ(textOf(heapRecord(), CallDirection::fromMain), "main 307/0\n"
                                                             " f(int) 300/0\n"
                                                             "  g<a; b>() 300/300\n"
                                                             " [code made at run time] 0xff00 7/7\n"
                                                             "[outer frames unknown] 20/0\n"
                                                             " libx.so+0x1100 20/20\n");
}

TEST(CallTree, GoesFromWhatAllocatesToMain) {
    EXPECT_EQ(textOf(heapRecord(), CallDirection::fromAllocation),
              "g<a; b>() 300/0\n"
              " f(int) 300/0\n"
              "  main 300/300\n"
              "[code made at run time] 0xff00 7/0\n"
              " main 7/7\n"
              "libx.so+0x1100 20/0\n"
              " [outer frames unknown] 20/20\n");
}

TEST(CallTree, MergesWhatIsCalledFromSeveralLinesOfOneFunction) {
    HeapRecord record = heapRecord();
    // main's other line
    record.symbols.frames.push_back({1, 2, 11});
    record.symbols.locations.push_back({0, 0x180, 3, 1});
    record.symbols.locationOfNode.push_back(5);
    record.symbols.locationOfNode.push_back(2);
    record.profile.nodes.push_back({0x1180, 0});
    record.profile.nodes.push_back({0x1200, 5});
    HeapStack other = record.profile.stacks[0];
    other.node = 6;
    record.profile.stacks.push_back(other);
    const CallTree tree(record.profile, record.symbols, CallDirection::fromMain);
    const std::uint32_t main = tree.childrenOf(0)[0];
    EXPECT_EQ(tree.functionOf(main).name, "main");
    EXPECT_EQ(tree.nodes()[main].total[HeapMeasure::total], 607U);
    EXPECT_EQ(tree.nodes()[main].line, 0U) << "several";
    const std::uint32_t f = tree.childrenOf(main)[0];
    EXPECT_EQ(tree.nodes()[f].line, 20U);
}

TEST(CallTree, CountsAFunctionThatCallsItselfOnce) {
    HeapRecord record = heapRecord();
    record.symbols.locationOfNode[2] = 1; // main calls main
    const CallTree tree(record.profile, record.symbols, CallDirection::fromMain);
    for (const CallFunction& function : tree.functions()) {
        if (function.name == "main") {
            EXPECT_EQ(function.total[HeapMeasure::total], 307U);
            EXPECT_EQ(function.self[HeapMeasure::total], 300U);
        }
    }
    EXPECT_EQ(tree.depth(), 2U);
}

std::string aroundText(const HeapRecord& record, const char* name, CallDirection direction) {
    const CallTree all(record.profile, record.symbols, direction);
    std::string text;
    for (const CallFunction& function : all.functions()) {
        if (function.name == name) {
            describe(CallTree(record.profile, record.symbols, direction, function), 0, "", text);
        }
    }
    return text;
}

TEST(CallTree, OfOneFunctionHasItsCallersAndWhatItCalls) {
    EXPECT_EQ(aroundText(heapRecord(), "f(int)", CallDirection::fromMain),
              "f(int) 300/0\n g<a; b>() 300/300\n");
    EXPECT_EQ(aroundText(heapRecord(), "f(int)", CallDirection::fromAllocation),
              "f(int) 300/0\n main 300/300\n");
    const HeapRecord record = heapRecord();
    CallFunction nowhere;
    nowhere.name = "no such";
    EXPECT_EQ(
        CallTree(record.profile, record.symbols, CallDirection::fromMain, nowhere).nodes().size(),
        1U);
}

TEST(CallTree, OfOneFunctionThatCallsItselfTakesEachStackOnce) {
    HeapRecord record = heapRecord();
    record.symbols.locationOfNode[2] = 1; // main calls main
    EXPECT_EQ(aroundText(record, "main", CallDirection::fromMain),
              "main 307/0\n main 300/300\n [code made at run time] 0xff00 7/7\n");
    EXPECT_EQ(aroundText(record, "main", CallDirection::fromAllocation), "main 307/307\n");
}

TEST(CallTree, HasAllInItsRoot) {
    const HeapRecord record = heapRecord();
    for (const CallDirection direction : {CallDirection::fromMain, CallDirection::fromAllocation}) {
        const CallTree tree(record.profile, record.symbols, direction);
        EXPECT_EQ(tree.nodes()[0].total, valuesOf(record.profile.total));
        EXPECT_EQ(tree.functions()[0].total, valuesOf(record.profile.total));
    }
}

TEST(CallTree, FindsACallAgainInAnotherTree) {
    const HeapRecord record = heapRecord();
    const CallTree tree(record.profile, record.symbols, CallDirection::fromMain);
    HeapRecord later = record;
    std::swap(later.profile.stacks[0], later.profile.stacks[2]); // numbers its calls otherwise
    const CallTree other(later.profile, later.symbols, CallDirection::fromMain);
    for (std::uint32_t node = 1; node < tree.nodes().size(); ++node) {
        const std::uint32_t again = nodeOfPath(other, pathOf(tree, node));
        EXPECT_EQ(pathOf(other, again), pathOf(tree, node));
    }
    EXPECT_EQ(nodeOfPath(tree, {}), 0U);
    EXPECT_EQ(tree.functionOf(nodeOfPath(tree, {"main", "no such"})).name, "main");
}

TEST(CallTree, OfNothingIsEmpty) {
    EXPECT_EQ(CallTree().nodes().size(), 1U);
    EXPECT_TRUE(CallTree().childrenOf(0).empty());
}

} // namespace
} // namespace ringscope
