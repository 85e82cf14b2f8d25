// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "core/base/clock.h"
#include "core/base/units.h"
#include "core/ring/foreign_ring.h"
#include "core/ring/ring_description.h"

namespace ringscope {

namespace {

using Json = nlohmann::ordered_json;

// How long the two looks of a picture are apart: rates come from the difference.
constexpr std::int64_t kApartMs = 250;

struct Picture {
    std::vector<ChannelCursors> channels;
    std::vector<ChannelCursors> before;
    std::int64_t apartNs = 0;
};

Expected<std::vector<ChannelCursors>> lookAt(ForeignRing& ring) {
    const auto cursors = ring.cursors();
    if (!cursors) {
        return cursors.error();
    }
    return std::vector<ChannelCursors>(cursors->begin(), cursors->end());
}

Expected<Picture> takePicture(ForeignRing& ring) {
    Picture picture;
    const std::int64_t startNs = monotonicNs();
    auto before = lookAt(ring);
    if (!before) {
        return before.error();
    }
    waitMs(kApartMs);
    auto now = lookAt(ring);
    if (!now) {
        return now.error();
    }
    picture.apartNs = std::max<std::int64_t>(monotonicNs() - startNs, 1);
    picture.before = std::move(*before);
    picture.channels = std::move(*now);
    return picture;
}

double perSecond(std::uint64_t before, std::uint64_t now, const Picture& picture) {
    return static_cast<double>(now - before) * 1e9 / static_cast<double>(picture.apartNs);
}

void printJson(const ForeignRing& ring, const std::string& layout, const Picture& picture) {
    Json channels = Json::array();
    for (std::size_t i = 0; i < picture.channels.size(); ++i) {
        const ChannelCursors& channel = picture.channels[i];
        const ChannelCursors& before = picture.before[i];
        channels.push_back({{"channel", channel.channel},
                            {"name", ring.geometry().channels[i].name},
                            {"capacity", channel.capacity},
                            {"head", channel.head},
                            {"tail", channel.tail},
                            {"used", channel.used()},
                            {"sent_per_s", perSecond(before.tail, channel.tail, picture)},
                            {"received_per_s", perSecond(before.head, channel.head, picture)}});
    }
    const Json json{{"name", ring.name()},
                    {"file", ring.path()},
                    {"bytes", ring.geometry().bytes},
                    {"layout", layout},
                    {"channels", std::move(channels)}};
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void printText(const ForeignRing& ring, const std::string& layout, const Picture& picture) {
    std::cout << ring.path() << ": " << formatBytes(static_cast<double>(ring.geometry().bytes))
              << ", a ring as " << layout << " describes it\n";
    std::vector<std::vector<std::string>> rows{
        {"CHANNEL", "CAPACITY", "HEAD", "TAIL", "USED", "FILL", "SENT", "RECEIVED"}};
    for (std::size_t i = 0; i < picture.channels.size(); ++i) {
        const ChannelCursors& channel = picture.channels[i];
        const ChannelCursors& before = picture.before[i];
        const std::string& name = ring.geometry().channels[i].name;
        const double fill = 100 * static_cast<double>(channel.used()) /
                            static_cast<double>(std::max<std::uint64_t>(channel.capacity, 1));
        rows.push_back(
            {std::to_string(i) + (name.empty() ? "" : " " + name), std::to_string(channel.capacity),
             std::to_string(channel.head), std::to_string(channel.tail),
             std::to_string(channel.used()), formatValue(fill, Unit::percent),
             formatValue(perSecond(before.tail, channel.tail, picture), Unit::countPerSec),
             formatValue(perSecond(before.head, channel.head, picture), Unit::countPerSec)});
    }
    std::cout << alignedTable(rows, 1);
}

} // namespace

int showForeignRing(const ForeignRingOptions& options) {
    auto description = loadRingDescription(options.layout);
    if (!description) {
        return reportError(description.error());
    }
    auto ring = ForeignRing::open(options.object, std::move(*description));
    if (!ring) {
        return reportError(ring.error());
    }
    for (;;) {
        const auto picture = takePicture(*ring);
        if (!picture) {
            return reportError(picture.error());
        }
        if (options.isWatching && !options.isJson && ::isatty(STDOUT_FILENO) == 1) {
            std::cout << "\033[H\033[2J"; // home and clear: a picture that stays in place
        }
        options.isJson ? printJson(*ring, options.layout, *picture)
                       : printText(*ring, options.layout, *picture);
        std::cout.flush();
        if (!options.isWatching || !std::cout) {
            return kExitDone;
        }
        waitMs(kApartMs);
        if (isInterrupted()) {
            return kExitInterrupted;
        }
        const auto changes = ring->refresh();
        if (!changes) {
            return reportError(changes.error());
        }
        for (const std::string& change : *changes) {
            remark(change);
        }
        if (ring->presence() != SegmentPresence::present) {
            remark(ring->path() + " was removed, replaced or cut short");
            return kExitTarget;
        }
    }
}

} // namespace ringscope
