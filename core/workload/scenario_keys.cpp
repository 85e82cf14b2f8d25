// SPDX-License-Identifier: MIT
#include "core/workload/scenario_keys.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/workload/setting_values.h"

namespace ringscope {

namespace {

using Setter = std::function<bool(Scenario&, const SettingValue&)>;
using Getter = std::function<std::optional<SettingValue>(const Scenario&)>;

// A field is reached through a function, so that one accessor reads and writes.
template <typename Field>
using Access = Field& (*)(Scenario&);

template <typename Field>
const Field& readField(Access<Field> access, const Scenario& scenario) {
    return access(const_cast<Scenario&>(scenario)); // the accessor only names the field
}

template <typename Field>
ScenarioKey wholeNumber(std::string_view name, Access<Field> access,
                        const char* expects = "a whole number") {
    const Setter set = [access](Scenario& scenario, const SettingValue& value) {
        const auto* number = std::get_if<std::int64_t>(&value);
        if (number == nullptr || *number < 0 ||
            static_cast<std::uint64_t>(*number) > std::numeric_limits<Field>::max()) {
            return false;
        }
        access(scenario) = static_cast<Field>(*number);
        return true;
    };
    const Getter get = [access](const Scenario& scenario) {
        return std::optional<SettingValue>(static_cast<std::int64_t>(readField(access, scenario)));
    };
    return {name, expects, true, set, get};
}

ScenarioKey number(std::string_view name, Access<double> access) {
    const Setter set = [access](Scenario& scenario, const SettingValue& value) {
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            access(scenario) = static_cast<double>(*whole);
            return true;
        }
        const auto* real = std::get_if<double>(&value);
        if (real == nullptr || !std::isfinite(*real)) {
            return false;
        }
        access(scenario) = *real;
        return true;
    };
    const Getter get = [access](const Scenario& scenario) {
        return std::optional<SettingValue>(readField(access, scenario));
    };
    return {name, "a number", false, set, get};
}

ScenarioKey claim(std::string_view name, Access<bool> access) {
    const Setter set = [access](Scenario& scenario, const SettingValue& value) {
        const auto* isSo = std::get_if<bool>(&value);
        if (isSo != nullptr) {
            access(scenario) = *isSo;
        }
        return isSo != nullptr;
    };
    const Getter get = [access](const Scenario& scenario) {
        return std::optional<SettingValue>(readField(access, scenario));
    };
    return {name, "true or false", false, set, get};
}

ScenarioKey text(std::string_view name, Access<std::string> access) {
    const Setter set = [access](Scenario& scenario, const SettingValue& value) {
        const auto* words = std::get_if<std::string>(&value);
        if (words != nullptr) {
            access(scenario) = *words;
        }
        return words != nullptr;
    };
    const Getter get = [access](const Scenario& scenario) {
        return std::optional<SettingValue>(readField(access, scenario));
    };
    return {name, "a text", false, set, get};
}

ScenarioKey duration(std::string_view name, Access<std::int64_t> access) {
    const Setter set = [access](Scenario& scenario, const SettingValue& value) {
        return setDuration(access(scenario), value);
    };
    const Getter get = [access](const Scenario& scenario) {
        return std::optional<SettingValue>(exactDuration(readField(access, scenario)));
    };
    return {name, kExpectsDuration, false, set, get};
}

template <typename Enum, std::size_t N>
ScenarioKey choice(std::string_view name, const std::array<ChoiceName<Enum>, N>& choices,
                   std::type_identity_t<Access<Enum>> access) {
    const Setter set = [access, &choices](Scenario& scenario, const SettingValue& value) {
        return setChoice(choices, access(scenario), value);
    };
    const Getter get = [access, &choices](const Scenario& scenario) {
        return std::optional<SettingValue>(
            std::string(choiceName(choices, readField(access, scenario))));
    };
    return {name, namesOf(choices), false, set, get};
}

// payload.sizes and payload.weights are two lists in the file and one in the scenario.
template <typename Member>
ScenarioKey sizeList(std::string_view name, const char* expects, Member ListedSize::*member) {
    const Setter set = [member](Scenario& scenario, const SettingValue& value) {
        const auto* list = std::get_if<std::vector<double>>(&value);
        std::vector<ListedSize>& sizes = scenario.payload.sizes;
        if (list == nullptr ||
            (!sizes.empty() && sizes.size() != list->size() && std::is_same_v<Member, double>)) {
            return false;
        }
        sizes.resize(list->size());
        for (std::size_t index = 0; index < list->size(); ++index) {
            const double element = (*list)[index];
            if (std::is_integral_v<Member> &&
                !(element >= 0 && element <= kMaxPayloadBytes && element == std::floor(element))) {
                return false;
            }
            sizes[index].*member = static_cast<Member>(element);
        }
        return true;
    };
    const Getter get = [member](const Scenario& scenario) -> std::optional<SettingValue> {
        if (scenario.payload.sizes.empty()) {
            return std::nullopt;
        }
        std::vector<double> list;
        for (const ListedSize& size : scenario.payload.sizes) {
            list.push_back(static_cast<double>(size.*member));
        }
        return SettingValue(std::move(list));
    };
    return {name, expects, false, set, get};
}

ScenarioKey cpuList() {
    const Setter set = [](Scenario& scenario, const SettingValue& value) {
        const auto* list = std::get_if<std::vector<double>>(&value);
        if (list == nullptr) {
            return false;
        }
        scenario.workers.cpus.clear();
        for (const double cpu : *list) {
            if (!(cpu >= 0 && cpu < 4096 && cpu == std::floor(cpu))) {
                return false;
            }
            scenario.workers.cpus.push_back(static_cast<std::uint32_t>(cpu));
        }
        return true;
    };
    const Getter get = [](const Scenario& scenario) {
        const auto& cpus = scenario.workers.cpus;
        return std::optional<SettingValue>(std::vector<double>(cpus.begin(), cpus.end()));
    };
    return {"workers.cpus", "a list of processor numbers such as [0, 1]", false, set, get};
}

KillSettings& killOf(Scenario& scenario) {
    if (!scenario.kill) {
        scenario.kill.emplace();
    }
    return *scenario.kill;
}

// The keys of [kill] exist only in a scenario that kills somebody.
ScenarioKey killKey(std::string_view name, std::string expects, bool isWholeNumber,
                    std::function<bool(KillSettings&, const SettingValue&)> set,
                    std::function<SettingValue(const KillSettings&)> get) {
    return {name, std::move(expects), isWholeNumber,
            [set](Scenario& scenario, const SettingValue& value) {
                return set(killOf(scenario), value);
            },
            [get](const Scenario& scenario) -> std::optional<SettingValue> {
                return scenario.kill ? std::optional(get(*scenario.kill)) : std::nullopt;
            }};
}

constexpr std::array<ChoiceName<int>, 6> kSignals{{{SIGKILL, "SIGKILL"},
                                                   {SIGSEGV, "SIGSEGV"},
                                                   {SIGABRT, "SIGABRT"},
                                                   {SIGBUS, "SIGBUS"},
                                                   {SIGTERM, "SIGTERM"},
                                                   {SIGSTOP, "SIGSTOP"}}};

void addKillKeys(std::vector<ScenarioKey>& keys) {
    ScenarioKey role = killKey(
        "kill.role", namesOf(kWorkerRoles) + ", or \"none\"", false,
        [](KillSettings& kill, const SettingValue& value) {
            return setChoice(kWorkerRoles, kill.role, value);
        },
        [](const KillSettings& kill) {
            return SettingValue(std::string(choiceName(kWorkerRoles, kill.role)));
        });
    const Setter setRole = role.set;
    role.set = [setRole](Scenario& scenario, const SettingValue& value) {
        if (const auto* words = std::get_if<std::string>(&value); words && *words == "none") {
            scenario.kill.reset();
            return true;
        }
        return setRole(scenario, value);
    };
    keys.push_back(std::move(role));
    keys.push_back(killKey(
        "kill.index", "a whole number", true,
        [](KillSettings& kill, const SettingValue& value) {
            const auto* index = std::get_if<std::int64_t>(&value);
            if (index == nullptr || *index < 0 || *index > kMaxWorkersPerRole) {
                return false;
            }
            kill.index = static_cast<std::uint32_t>(*index);
            return true;
        },
        [](const KillSettings& kill) { return SettingValue(std::int64_t{kill.index}); }));
    keys.push_back(killKey(
        "kill.after", kExpectsDuration, false,
        [](KillSettings& kill, const SettingValue& value) {
            return setDuration(kill.afterNs, value);
        },
        [](const KillSettings& kill) { return SettingValue(exactDuration(kill.afterNs)); }));
    keys.push_back(killKey(
        "kill.signal", namesOf(kSignals), false,
        [](KillSettings& kill, const SettingValue& value) {
            return setChoice(kSignals, kill.signal, value);
        },
        [](const KillSettings& kill) {
            return SettingValue(std::string(choiceName(kSignals, kill.signal)));
        }));
    keys.push_back(killKey(
        "kill.holding", "true or false", false,
        [](KillSettings& kill, const SettingValue& value) {
            const auto* isSo = std::get_if<bool>(&value);
            kill.isHolding = isSo != nullptr && *isSo;
            return isSo != nullptr;
        },
        [](const KillSettings& kill) { return SettingValue(kill.isHolding); }));
}

void addRingKeys(std::vector<ScenarioKey>& keys) {
    using S = Scenario&;
    using U32 = std::uint32_t&;
    keys.push_back(text("ring.attach", [](S s) -> std::string& { return s.ring.attach; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("ring.channels", [](S s) -> U32 { return s.ring.channels; }));
    keys.push_back(wholeNumber<std::uint64_t>(
        "ring.capacity", [](S s) -> std::uint64_t& { return s.ring.capacity; }));
    keys.push_back(wholeNumber<std::uint32_t>("ring.payload_capacity",
                                              [](S s) -> U32 { return s.ring.payloadCapacity; }));
    keys.push_back(wholeNumber<std::uint32_t>("ring.slot_stride",
                                              [](S s) -> U32 { return s.ring.slotStride; }));
    keys.push_back(
        claim("ring.dmxp_compatible", [](S s) -> bool& { return s.ring.isDmxpCompatible; }));
    keys.push_back(choice("ring.spread", kChannelSpreads,
                          [](S s) -> ChannelSpread& { return s.ring.spread; }));
    keys.push_back(claim("ring.prefault", [](S s) -> bool& { return s.ring.prefault; }));
    keys.push_back(wholeNumber<std::uint32_t>("ring.roster_entries",
                                              [](S s) -> U32 { return s.ring.rosterEntries; }));
    keys.push_back(choice("payload.distribution", kSizeDistributions,
                          [](S s) -> SizeDistribution& { return s.payload.distribution; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("payload.bytes", [](S s) -> U32 { return s.payload.bytes; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("payload.min", [](S s) -> U32 { return s.payload.minBytes; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("payload.max", [](S s) -> U32 { return s.payload.maxBytes; }));
    keys.push_back(number("payload.median", [](S s) -> double& { return s.payload.medianBytes; }));
    keys.push_back(number("payload.sigma", [](S s) -> double& { return s.payload.sigma; }));
    keys.push_back(sizeList("payload.sizes", "a list of sizes in bytes such as [64, 512]",
                            &ListedSize::bytes));
    keys.push_back(sizeList("payload.weights", "a list of numbers, one for each of payload.sizes",
                            &ListedSize::weight));
}

void addWorkerKeys(std::vector<ScenarioKey>& keys) {
    using S = Scenario&;
    using U32 = std::uint32_t&;
    using I64 = std::int64_t&;
    keys.push_back(wholeNumber<std::uint32_t>("workers.producers",
                                              [](S s) -> U32 { return s.workers.producers; }));
    keys.push_back(wholeNumber<std::uint32_t>("workers.consumers",
                                              [](S s) -> U32 { return s.workers.consumers; }));
    keys.push_back(
        choice("workers.kind", kWorkerKinds, [](S s) -> WorkerKind& { return s.workers.kind; }));
    keys.push_back(choice("workers.pattern", kTrafficPatterns,
                          [](S s) -> TrafficPattern& { return s.workers.pattern; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("workers.batch", [](S s) -> U32 { return s.workers.batch; }));
    keys.push_back(choice("workers.waiting", kWaitingPolicies,
                          [](S s) -> WaitingPolicy& { return s.workers.waiting; }));
    keys.push_back(cpuList());
    keys.push_back(
        duration("workers.start_within", [](S s) -> I64 { return s.workers.startWithinNs; }));
    keys.push_back(choice("rate.mode", kRateModes, [](S s) -> RateMode& { return s.rate.mode; }));
    keys.push_back(number("rate.per_second", [](S s) -> double& { return s.rate.perSecond; }));
    keys.push_back(number("rate.ramp_to", [](S s) -> double& { return s.rate.rampToPerSecond; }));
    keys.push_back(duration("rate.ramp", [](S s) -> I64 { return s.rate.rampNs; }));
    keys.push_back(duration("rate.on", [](S s) -> I64 { return s.rate.onNs; }));
    keys.push_back(duration("rate.off", [](S s) -> I64 { return s.rate.offNs; }));
    keys.push_back(
        choice("work.distribution", kWorkTimes, [](S s) -> WorkTime& { return s.work.time; }));
    keys.push_back(
        choice("work.style", kWorkStyles, [](S s) -> WorkStyle& { return s.work.style; }));
    keys.push_back(duration("work.time", [](S s) -> I64 { return s.work.ns; }));
    keys.push_back(duration("work.min", [](S s) -> I64 { return s.work.minNs; }));
    keys.push_back(duration("work.max", [](S s) -> I64 { return s.work.maxNs; }));
    keys.push_back(duration("stall.every", [](S s) -> I64 { return s.stall.everyNs; }));
    keys.push_back(duration("stall.for", [](S s) -> I64 { return s.stall.forNs; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("stall.count", [](S s) -> U32 { return s.stall.consumers; }));
    keys.push_back(claim("stall.holding", [](S s) -> bool& { return s.stall.isHolding; }));
}

void addHeapAndRunKeys(std::vector<ScenarioKey>& keys) {
    using S = Scenario&;
    using U32 = std::uint32_t&;
    using U64 = std::uint64_t&;
    using I64 = std::int64_t&;
    keys.push_back(choice("heap.behaviour", kHeapBehaviours,
                          [](S s) -> HeapBehaviour& { return s.heap.behaviour; }));
    keys.push_back(choice("heap.user", kHeapUsers, [](S s) -> HeapUser& { return s.heap.user; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("heap.bytes", [](S s) -> U32 { return s.heap.bytes; }));
    keys.push_back(wholeNumber<std::uint64_t>("heap.keep", [](S s) -> U64 { return s.heap.keep; }));
    keys.push_back(
        wholeNumber<std::uint64_t>("heap.one_in", [](S s) -> U64 { return s.heap.oneIn; }));
    keys.push_back(wholeNumber<std::uint64_t>("heap.grow", [](S s) -> U64 { return s.heap.grow; }));
    keys.push_back(duration("run.warm_up", [](S s) -> I64 { return s.run.warmUpNs; }));
    keys.push_back(duration("run.duration", [](S s) -> I64 { return s.run.durationNs; }));
    keys.push_back(
        wholeNumber<std::uint64_t>("run.messages", [](S s) -> U64 { return s.run.messages; }));
    keys.push_back(wholeNumber<std::uint64_t>("run.seed", [](S s) -> U64 { return s.run.seed; }));
    keys.push_back(wholeNumber<std::uint32_t>("run.latency_one_in",
                                              [](S s) -> U32 { return s.run.latencyOneIn; }));
}

void addRecoveryKeys(std::vector<ScenarioKey>& keys) {
    using S = Scenario&;
    using U32 = std::uint32_t&;
    using I64 = std::int64_t&;
    keys.push_back(duration("churn.every", [](S s) -> I64 { return s.churn.everyNs; }));
    keys.push_back(
        wholeNumber<std::uint32_t>("churn.count", [](S s) -> U32 { return s.churn.workers; }));
    keys.push_back(claim("recovery.repair", [](S s) -> bool& { return s.recovery.repairs; }));
    keys.push_back(
        duration("recovery.restart_after", [](S s) -> I64 { return s.recovery.restartAfterNs; }));
}

std::vector<ScenarioKey> makeKeys() {
    std::vector<ScenarioKey> keys;
    keys.push_back(text("name", [](Scenario& s) -> std::string& { return s.name; }));
    keys.push_back(text("summary", [](Scenario& s) -> std::string& { return s.summary; }));
    addRingKeys(keys);
    addWorkerKeys(keys);
    addHeapAndRunKeys(keys);
    addKillKeys(keys);
    addRecoveryKeys(keys);
    return keys;
}

// Levenshtein's distance, one row at a time.
std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

} // namespace

const std::vector<ScenarioKey>& scenarioKeys() {
    static const std::vector<ScenarioKey> keys = makeKeys();
    return keys;
}

std::optional<std::string> nearestName(std::string_view typed,
                                       const std::vector<std::string>& names) {
    std::optional<std::string> nearest;
    std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
    for (const std::string& name : names) {
        const std::size_t distance = editDistance(typed, name);
        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    return nearest;
}

std::string exactDuration(std::int64_t ns) {
    struct Step {
        std::int64_t ns;
        const char* suffix;
    };
    constexpr std::array<Step, 3> kSteps{{{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}}};
    for (const Step& step : kSteps) {
        if (ns % step.ns == 0) {
            return std::to_string(ns / step.ns) + step.suffix;
        }
    }
    return std::to_string(ns) + "ns";
}

} // namespace ringscope
