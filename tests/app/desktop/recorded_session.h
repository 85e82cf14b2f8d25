// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <QTemporaryDir>

#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/session/live_session.h"
#include "core/workload/scenario.h"
#include "tests/support/patience.h"

namespace ringscope {

// A small workload that ends by itself.
inline Scenario shortScenario(std::int64_t durationNs = kNsPerSecond) {
    Scenario scenario;
    scenario.name = "short";
    scenario.workers.producers = 1;
    scenario.workers.consumers = 1;
    scenario.rate.mode = RateMode::fixed;
    scenario.rate.perSecond = 2000;
    scenario.run.warmUpNs = 0;
    scenario.run.durationNs = durationNs;
    return scenario;
}

// A session file of a workload that really ran, recorded once a program and removed at its end.
inline const std::string& recordedSession() {
    static const QTemporaryDir folder;
    static const std::string path = [] {
        std::string file = folder.filePath(QStringLiteral("short.ringscope")).toStdString();
        LiveOptions options;
        options.outputFile = file;
        options.maps.periodNs = kNsPerSecond / 2;
        auto live = LiveSession::runScenario(shortScenario(), options);
        if (!live) {
            ADD_FAILURE() << live.error().message;
            return std::string();
        }
        EXPECT_TRUE((*live)->waitFor(kPatienceNs));
        return file;
    }();
    return path;
}

} // namespace ringscope
