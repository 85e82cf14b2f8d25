// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "core/base/expected.h"
#include "core/session/heap_record.h"

namespace ringscope {

// Whether a file that begins so can be one of DHAT's: JSON, and no session.
[[nodiscard]] bool looksLikeDhat(std::string_view beginning);

// A heap profile that Valgrind's DHAT or the crate dhat-rs wrote (data file version 2; their
// sources, valgrind/dhat/dh_main.c and dhat-rs/src/lib.rs, say what its fields mean). Frames with
// one address in a row are what was inlined there. What such a file does not say is empty: blocks,
// sizes, lifetimes, temporary blocks, and the times of Valgrind's, which counts instructions.
// name: of the file, for errors (damaged): not of DHAT, of another version, of another mode than a
// heap, or with parts that do not fit together.
[[nodiscard]] Expected<HeapRecord> readDhat(std::string_view text, const std::string& name);

} // namespace ringscope
