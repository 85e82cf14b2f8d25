// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace ringscope::bench {

// What every benchmark understands: --json, --quick (a smoke run), --repeats N.
struct Options {
    bool asJson = false;
    bool isQuick = false;
    int repeats = 15;
};
// Prints the reason and exits with status 2 on an argument that it does not know.
[[nodiscard]] Options parseOptions(int argc, char** argv);

// Median of values, and the order statistics that enclose the true median with 95 % confidence
// (binomial, so nothing is assumed of the noise): what a gate may be built on.
struct Median {
    double value = 0;
    double low = 0;
    double high = 0;
};
[[nodiscard]] Median medianOf(std::vector<double> values);
// Ratios repeat by repeat. Both of one length.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& of,
                                         const std::vector<double>& over);

// Figures and the conditions they were measured under. A figure that is not a positive number
// counts as not measured. One thread.
class Report {
public:
    explicit Report(std::string bench)
        : m_bench(std::move(bench)) {}

    void add(const std::string& figure, const Median& median);
    // One that noise may turn negative; it counts as measured whatever it is.
    void addDifference(const std::string& figure, const Median& median);
    void addCondition(const std::string& name, const std::string& value) {
        m_conditions[name] = value;
    }
    // Text, or {"bench", "figures", "conditions"} with "bounds" beside them. The program's exit
    // status: 0, or 1 when a figure could not be measured.
    [[nodiscard]] int print(const Options& options) const;

private:
    std::string m_bench;
    std::vector<std::pair<std::string, Median>> m_figures; // in the order they were added
    std::set<std::string> m_differences;
    std::map<std::string, std::string> m_conditions;
};

// Kernel, processor count, compiler and build type.
void addMachine(Report& report);

} // namespace ringscope::bench
