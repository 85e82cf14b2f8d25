// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/heap/flame_boxes.h"

#include <algorithm>

namespace ringscope {

std::vector<FlameBox> flameBoxes(const CallTree& tree, HeapMeasure measure, std::uint32_t focus,
                                 double least) {
    std::vector<FlameBox> boxes;
    if (tree.nodes()[focus].total[measure] == 0) {
        return boxes;
    }
    for (std::uint32_t node = focus; node != 0; node = tree.nodes()[node].parent) {
        boxes.push_back({node, 0, 0, 1});
    }
    boxes.push_back({0, 0, 0, 1});
    std::reverse(boxes.begin(), boxes.end());
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        boxes[i].row = static_cast<std::uint32_t>(i);
    }
    const auto whole = static_cast<double>(tree.nodes()[focus].total[measure]);
    std::vector<std::uint32_t> children;
    // Each box in turn appends its children, so the rows come one after the other.
    for (std::size_t i = boxes.size() - 1; i < boxes.size(); ++i) {
        const FlameBox box = boxes[i];
        const auto all = tree.childrenOf(box.node);
        children.assign(all.begin(), all.end());
        const auto valueOf = [&](std::uint32_t node) { return tree.nodes()[node].total[measure]; };
        std::stable_sort(children.begin(), children.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return valueOf(a) > valueOf(b); });
        double left = box.left;
        for (const std::uint32_t child : children) {
            const double width = static_cast<double>(valueOf(child)) / whole;
            if (width < least || width <= 0) {
                break; // and so are all that follow
            }
            boxes.push_back({child, box.row + 1, left, width});
            left += width;
        }
    }
    return boxes;
}

} // namespace ringscope
