// SPDX-License-Identifier: MIT
#include "core/workload/scenario_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/workload/scenario_keys.h"
#include "tests/support/comma_locale.h"
#include "tests/support/temporary_folder.h"

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const std::string& toml) {
    const auto scenario = parseScenario(toml, "my.toml");
    return scenario ? "accepted" : scenario.error().message;
}

TEST(ScenarioFile, ReadsWhatIsGivenAndKeepsDefaultsForTheRest) {
    const auto scenario = parseScenario("name = \"mine\"\n"
                                        "[workers]\nproducers = 3\ncpus = [0, 1]\n"
                                        "[rate]\nmode = \"bursts\"\non = \"20ms\"\noff = 0.5\n",
                                        "my.toml");
    ASSERT_TRUE(scenario) << scenario.error().message;
    EXPECT_EQ(scenario->name, "mine");
    EXPECT_EQ(scenario->workers.producers, 3U);
    EXPECT_EQ(scenario->workers.cpus, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(scenario->rate.onNs, 20'000'000);
    EXPECT_EQ(scenario->rate.offNs, 500'000'000);
    EXPECT_EQ(scenario->ring, RingSettings{});
}

TEST(ScenarioFile, RefusesAFileThatItWouldReadInPartOnly) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/large.toml";
    std::ofstream(path) << "name = \"x\"\n# " << std::string(1U << 20U, 'x')
                        << "\n[ring]\ncapacity = 3\n";
    const auto scenario = loadScenario(path);
    ASSERT_FALSE(scenario);
    EXPECT_EQ(scenario.error().kind, ErrorKind::usage);
    EXPECT_THAT(scenario.error().message, HasSubstr("larger than 1 MiB"));
}

TEST(ScenarioFile, NamesLineAndColumnOfAWrongType) {
    EXPECT_EQ(refusal("name = \"x\"\n[ring]\ncapacity = \"big\"\n"),
              "my.toml:3:12: ring.capacity is \"big\", it must be a whole number");
    EXPECT_EQ(refusal("[workers]\nproducers = 2.5\n"),
              "my.toml:2:13: workers.producers is a number with a fraction, it must be a whole "
              "number");
    EXPECT_EQ(refusal("workers = 3\n"),
              "my.toml:1:1: workers is a table, it is given a whole number");
}

TEST(ScenarioFile, NamesTheKeyThatWasProbablyMeant) {
    EXPECT_EQ(refusal("[workers]\nprodcers = 2\n"),
              "my.toml:2:1: there is no key 'workers.prodcers'; did you mean 'workers.producers'?");
    EXPECT_EQ(refusal("capacity = 64\n"),
              "my.toml:1:1: there is no key 'capacity'; did you mean 'ring.capacity'?");
    EXPECT_THAT(refusal("[qqqqqqqqqq]\nzzzzzzzzzzzzzzzzzz = 1\n"), HasSubstr("docs/scenarios.md"));
}

TEST(ScenarioFile, NamesThePlaceOfAnImpossibleValue) {
    EXPECT_THAT(refusal("name = \"x\"\n\n[ring]\nchannels = 2\ncapacity = 1000\n"),
                StartsWith("my.toml:5:12: ring.capacity is 1000, it must be a power of two"));
    // The value that does not fit is a default here, so its table is what can be pointed at.
    EXPECT_THAT(refusal("[ring]\npayload_capacity = 32\n"),
                HasSubstr("payload.bytes is 64, larger than the slot's payload"));
}

TEST(ScenarioFile, ReadsFaultsInTheirOrder) {
    const auto scenario = parseScenario("[[faults]]\npoint = \"after-write\"\n"
                                        "role = \"producer\"\nprobability = 0.5\ncount = 3\n"
                                        "[[faults]]\naction = \"sleep\"\nfor = \"20ms\"\n"
                                        "worker = 1\nprobability = 1\n",
                                        "my.toml");
    ASSERT_TRUE(scenario) << scenario.error().message;
    EXPECT_EQ(scenario->faults,
              (std::vector<FaultSettings>{{FaultRole::producer, std::nullopt,
                                           FaultPoint::afterWrite, FaultAction::die, 0.5, 0, 3},
                                          {FaultRole::any, 1, FaultPoint::afterClaim,
                                           FaultAction::sleep, 1.0, 20'000'000, 0}}));
    const auto again = parseScenario(scenarioToml(*scenario), "again");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *scenario);
}

TEST(ScenarioFile, NamesThePlaceOfAWrongFault) {
    const std::string fine = "[[faults]]\nprobability = 0.1\n";
    EXPECT_EQ(refusal(fine + "[[faults]]\nprobability = 2\n"),
              "my.toml:4:15: faults.probability must be given, above 0 and at most 1: it is the "
              "chance that each message has");
    EXPECT_EQ(refusal(fine + "action = \"explode\"\n"),
              "my.toml:3:10: faults.action is \"explode\", it must be one of \"die\", \"stop\", "
              "\"sleep\"");
    EXPECT_EQ(refusal(fine + "pont = \"after-claim\"\n"),
              "my.toml:3:1: [[faults]] has no key 'pont'; did you mean 'point'?");
    EXPECT_EQ(refusal("[faults]\nprobability = 0.1\n"),
              "my.toml:1:2: faults is a list of tables; head each of them [[faults]]");
    EXPECT_THAT(refusal("[[faults]]\nrole = \"producer\"\n"), StartsWith("my.toml:1:1: "));
}

TEST(ScenarioFile, NamesLineAndColumnOfBrokenToml) {
    EXPECT_THAT(refusal("name = \"x\"\n[ring\n"), StartsWith("my.toml:2:"));
    EXPECT_EQ(parseScenario("a", "f").error().kind, ErrorKind::usage);
}

// The library asserted on the first, and took the second for impossible.
TEST(ScenarioFile, RefusesAStrangeLetterWhereAKeyShouldBe) {
    EXPECT_THAT(refusal("[|workers]\n"), StartsWith("my.toml:1:2: this is not TOML: "));
    EXPECT_THAT(refusal("\n\xC8\x80 = 1\n"), StartsWith("my.toml:2:1: this is not TOML: "));
    EXPECT_THAT(refusal("pr\xC3\xA9nom = 1\n"), StartsWith("my.toml:1:3: this is not TOML: "));
}

TEST(ScenarioFile, SaysThatAFileIsMissing) {
    const auto scenario = loadScenario("/nowhere/at-all.toml");
    ASSERT_FALSE(scenario);
    EXPECT_EQ(scenario.error().kind, ErrorKind::target);
    EXPECT_THAT(scenario.error().message, HasSubstr("/nowhere/at-all.toml"));
}

Scenario everythingChanged() {
    Scenario s;
    s.name = "all \"changed\"\n\\";
    s.summary = "µs — ünïcode";
    s.ring = {"dmxp_alloc", 3, 64, 2048, 4096, false, ChannelSpread::own, false};
    s.payload = {SizeDistribution::list, 65, 25, 99, 77.25, 0.1, {{64, 1}, {2000, 0.125}}};
    s.workers = {5,     6, WorkerKind::processes, TrafficPattern::stream, 7, WaitingPolicy::futex,
                 {1, 0}};
    s.rate = {RateMode::ramp, 1234.5, 1e6, 7'000'000'000, 1'500'000, 2'000};
    s.work = {WorkTime::exponential, WorkStyle::sleep, 41, 42'000, 43'000'000};
    s.stall = {1'100'000'000, 30'000'001, 4, false};
    s.heap = {HeapBehaviour::leak, HeapUser::both, 100, 101, 102, 103};
    s.run = {1, 2, 3, 4, 5};
    s.kill = KillSettings{WorkerRole::producer, 4, 123, 11, false};
    return s;
}

TEST(ScenarioFile, WritesWhatItReadsBackEqual) {
    for (const Scenario& scenario : {Scenario{}, everythingChanged()}) {
        const auto again = parseScenario(scenarioToml(scenario), "written");
        ASSERT_TRUE(again) << again.error().message << "\n" << scenarioToml(scenario);
        EXPECT_EQ(*again, scenario) << scenarioToml(scenario);
    }
}

TEST(ScenarioFile, WritesTheSameInEveryLocale) {
    Scenario scenario = *parseScenario("name = \"x\"\n", "x.toml");
    scenario.rate.mode = RateMode::fixed;
    for (const double perSecond : {0.5, 0.1, 1.0 / 3, 1234567.25, 1e-5, 1e9}) {
        scenario.rate.perSecond = perSecond;
        const std::string plain = scenarioToml(scenario);
        const CommaLocale locale;
        if (!locale.isSet()) {
            GTEST_SKIP() << "no locale with a decimal comma is installed here (Debian: locales)";
        }
        EXPECT_EQ(scenarioToml(scenario), plain);
        const auto read = parseScenario(plain, "x.toml");
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->rate.perSecond, perSecond);
    }
}

TEST(ScenarioFile, WritesEveryKeyThatItReads) {
    const std::string toml = "\n" + scenarioToml(everythingChanged());
    for (const ScenarioKey& key : scenarioKeys()) {
        const std::string_view name = key.name;
        const std::size_t dot = name.rfind('.');
        const std::string leaf(dot == std::string_view::npos ? name : name.substr(dot + 1));
        EXPECT_THAT(toml, HasSubstr("\n" + leaf + " = ")) << name;
    }
}

TEST(ScenarioFile, AppliesSettingsByShortAndLongName) {
    Scenario scenario;
    const auto applied = applySettings(
        scenario, "producers=4,workers.consumers=3,capacity=64Ki,mode=fixed,cpus=[0,1],"
                  "per_second=2.5e3,duration=250ms,prefault=false,messages=1M");
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ(scenario.workers.producers, 4U);
    EXPECT_EQ(scenario.workers.consumers, 3U);
    EXPECT_EQ(scenario.ring.capacity, 65'536U);
    EXPECT_EQ(scenario.rate.mode, RateMode::fixed);
    EXPECT_EQ(scenario.workers.cpus.size(), 2U);
    EXPECT_EQ(scenario.rate.perSecond, 2500);
    EXPECT_EQ(scenario.run.durationNs, 250'000'000);
    EXPECT_FALSE(scenario.ring.prefault);
    EXPECT_EQ(scenario.run.messages, 1'000'000U);
}

TEST(ScenarioFile, RefusesSettingsAndLeavesTheScenarioAsItWas) {
    const auto refused = [](const char* settings) {
        Scenario scenario;
        const auto applied = applySettings(scenario, settings);
        EXPECT_EQ(scenario, Scenario{}) << settings;
        return applied ? std::string("accepted") : applied.error().message;
    };
    EXPECT_THAT(refused("producers=4,producer=5"), HasSubstr("did you mean 'producers'?"));
    EXPECT_THAT(refused("producers"), HasSubstr("KEY=VALUE"));
    EXPECT_THAT(refused("producers=many"), HasSubstr("it must be a whole number"));
    EXPECT_THAT(refused("bytes=64"), HasSubstr("payload.bytes, heap.bytes"));
    EXPECT_THAT(refused("mode=fast"), HasSubstr("one of \"max\", \"fixed\""));
}

TEST(ScenarioFile, TakesAKillPlanAwayAgain) {
    Scenario scenario;
    ASSERT_TRUE(applySettings(scenario, "kill.role=producer,kill.after=1s"));
    ASSERT_TRUE(scenario.kill.has_value());
    ASSERT_TRUE(applySettings(scenario, "kill.role=none"));
    EXPECT_FALSE(scenario.kill.has_value());
}

TEST(ScenarioFile, WritesTimesExactly) {
    EXPECT_EQ(exactDuration(10'000'000'000), "10s");
    EXPECT_EQ(exactDuration(1'500'000'000), "1500ms");
    EXPECT_EQ(exactDuration(1'500), "1500ns");
    EXPECT_EQ(exactDuration(0), "0s");
}

} // namespace
} // namespace ringscope
