// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>

#include "tests/fuzz/sparse_image.h"

namespace ringscope {

// Changes one thing of a segment's image as somebody would who knows the layout: a field to a value
// at some limit, the file's size, how often a run is repeated, when it comes.
void mutateSegment(SparseImage& image, std::mt19937& random);

} // namespace ringscope
