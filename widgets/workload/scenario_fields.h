// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <QString>

#include "core/workload/scenario.h"

namespace ringscope {

enum class FieldKind { choice, flag, count, powerOfTwo, bytes, duration, real, numberList, text };

// How one key of a scenario is shown and edited. What it means, its type and where it is stored is
// scenarioKeys()'s to know (core/workload/scenario_keys.h); nothing of that is repeated here.
struct ScenarioField {
    std::string key; // "ring.capacity"; a problem's field has the same name
    FieldKind kind = FieldKind::count;
    QString label;
    QString help;     // a sentence or two: tooltip and accessible description
    QString zeroText; // what 0 means, when it is not zero: "no limit"
    std::vector<std::pair<std::string, QString>> choices; // name in the file, name for people
    // Hidden while it has no effect; its value is kept.
    std::function<bool(const Scenario&)> isShown;
};

struct ScenarioSection {
    QString title;
    // What the section says in a few words, shown in its heading.
    std::function<QString(const Scenario&)> digest;
    std::vector<ScenarioField> fields;
};

// All sections in the order people read them; every key of a scenario is in exactly one (tested).
[[nodiscard]] std::vector<ScenarioSection> scenarioSections();

} // namespace ringscope
