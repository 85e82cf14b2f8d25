// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/workload/scenario_file.h"

// A scenario file as somebody wrote it: a sentence, or a scenario that is itself again when it was
// written and read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringscope;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto scenario = parseScenario(text, "fuzzed.toml");
    if (!scenario) {
        return scenario.error().message.empty() ? std::abort(), 0 : 0;
    }
    const std::string written = scenarioToml(*scenario);
    const auto again = parseScenario(written, "written.toml");
    if (!again || scenarioToml(*again) != written) {
        std::abort();
    }
    Scenario changed = *scenario;
    (void)applySettings(changed, text);
    return 0;
}
