// SPDX-License-Identifier: MIT
#include "tests/bench/bench_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>
#include <unistd.h>

namespace ringscope::bench {

Options parseOptions(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) {
            options.asJson = true;
        } else if (std::strcmp(argv[i], "--quick") == 0) {
            options.isQuick = true;
            options.repeats = 7;
        } else if (std::strcmp(argv[i], "--repeats") == 0 && i + 1 < argc &&
                   std::atoi(argv[i + 1]) > 0) {
            options.repeats = std::atoi(argv[++i]);
        } else {
            std::fprintf(stderr,
                         "%s: \"%s\" is not understood; use --json, --quick or --repeats N\n",
                         argv[0], argv[i]);
            std::exit(2);
        }
    }
    return options;
}

Median medianOf(std::vector<double> values) {
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const double middle = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    // Largest k with P(Binomial(n, 1/2) < k) <= 2.5 %: [k-th smallest, k-th largest] encloses.
    double probability = std::pow(0.5, static_cast<double>(n));
    double below = 0;
    std::size_t k = 0;
    while (k < n / 2 && below + probability <= 0.025) {
        below += probability;
        probability *= static_cast<double>(n - k) / static_cast<double>(k + 1);
        ++k;
    }
    const std::size_t at = k == 0 ? 0 : k - 1;
    return {middle, values[at], values[n - 1 - at]};
}

std::vector<double> ratios(const std::vector<double>& of, const std::vector<double>& over) {
    std::vector<double> result;
    for (std::size_t i = 0; i < of.size() && i < over.size(); ++i) {
        result.push_back(over[i] > 0 ? of[i] / over[i] : std::nan(""));
    }
    return result;
}

void Report::add(const std::string& figure, const Median& median) {
    m_figures.emplace_back(figure, median);
}

void Report::addDifference(const std::string& figure, const Median& median) {
    m_differences.insert(figure);
    add(figure, median);
}

int Report::print(const Options& options) const {
    bool isComplete = true;
    nlohmann::ordered_json document;
    document["bench"] = m_bench;
    document["figures"] = nlohmann::ordered_json::object();
    for (const auto& [figure, median] : m_figures) {
        const bool mayBeNegative = m_differences.count(figure) != 0;
        if (!std::isfinite(median.value) || (median.value <= 0 && !mayBeNegative)) {
            std::fprintf(stderr, "%s: the figure %s could not be measured\n", m_bench.c_str(),
                         figure.c_str());
            isComplete = false;
            continue;
        }
        document["figures"][figure] = median.value;
        document["bounds"][figure] = {median.low, median.high};
        if (!options.asJson) {
            std::printf("%-34s %10.3f   95 %%: %.3f .. %.3f\n", figure.c_str(), median.value,
                        median.low, median.high);
        }
    }
    for (const auto& [name, value] : m_conditions) {
        document["conditions"][name] = value;
        if (!options.asJson) {
            std::printf("%s: %s\n", name.c_str(), value.c_str());
        }
    }
    if (options.asJson) {
        std::printf("%s\n", document.dump(2).c_str());
    }
    return isComplete ? 0 : 1;
}

void addMachine(Report& report) {
    utsname system{};
    ::uname(&system);
    report.addCondition("kernel", std::string(system.sysname) + " " + system.release);
    report.addCondition("processors", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)));
    report.addCondition("compiler", __VERSION__);
#ifdef NDEBUG
    report.addCondition("build", "release");
#else
    report.addCondition("build", "debug: figures mean nothing");
#endif
}

} // namespace ringscope::bench
