// SPDX-License-Identifier: MIT
#include "core/memory/told_columns.h"

namespace ringscope {

bool tells(const MapSnapshot& snapshot, const MapColumn& column) {
    switch (snapshot.origin) {
    case MapOrigin::process:
        return true;
    case MapOrigin::coreDump:
        return !column.needsResidency && column.key != "committed";
    case MapOrigin::vmmapCsv:
        return !column.vmmapName.empty();
    }
    return false;
}

} // namespace ringscope
