// SPDX-License-Identifier: MIT
#include "core/session/sizing_json.h"

#include "core/base/json_fields.h"

namespace ringscope {

namespace {

Json seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

Json positiveOrNull(std::uint64_t number) {
    return number > 0 ? Json(number) : Json(nullptr);
}

Json channelJson(const ChannelSizing& channel) {
    return {{"channel", channel.channel},
            {"label", channel.label},
            {"capacity", channel.capacity},
            {"max_fill", channel.maxFill},
            {"max_fill_bound", channel.maxFillBound},
            {"min_free", channel.minFree},
            {"observed_s", seconds(channel.observedNs)},
            {"at_full_s", seconds(channel.atFullNs)},
            {"at_full_percent", channel.atFullPercent()},
            {"at_empty_s", seconds(channel.atEmptyNs)},
            {"at_empty_percent", channel.atEmptyPercent()},
            {"longest_receive_stall_ns", channel.longestReceiveStallNs},
            {"longest_send_stall_ns", channel.longestSendStallNs},
            {"offered_per_s", channel.offeredPerSecond},
            {"consumed_per_s", channel.consumedPerSecond},
            {"advice", sizingAdviceName(channel.advice)},
            {"needed", positiveOrNull(channel.needed)},
            {"recommended_capacity", positiveOrNull(channel.recommendedCapacity)},
            {"hold_time_known", channel.isHoldTimeKnown},
            {"sentence", sizingSentence(channel)}};
}

void readSeconds(const Fields& fields, const char* key, std::int64_t& to) {
    double read = 0;
    fields.read(key, read);
    to = static_cast<std::int64_t>(read * 1e9 + 0.5);
}

ChannelSizing channelFromFields(const Fields& fields) {
    ChannelSizing channel;
    fields.read("channel", channel.channel).read("label", channel.label);
    fields.read("capacity", channel.capacity).read("max_fill", channel.maxFill);
    fields.read("max_fill_bound", channel.maxFillBound).read("min_free", channel.minFree);
    readSeconds(fields, "observed_s", channel.observedNs);
    readSeconds(fields, "at_full_s", channel.atFullNs);
    readSeconds(fields, "at_empty_s", channel.atEmptyNs);
    fields.read("longest_receive_stall_ns", channel.longestReceiveStallNs);
    fields.read("longest_send_stall_ns", channel.longestSendStallNs);
    fields.read("offered_per_s", channel.offeredPerSecond);
    fields.read("consumed_per_s", channel.consumedPerSecond);
    fields.read("needed", channel.needed);
    fields.read("recommended_capacity", channel.recommendedCapacity);
    fields.read("hold_time_known", channel.isHoldTimeKnown);
    std::string advice;
    fields.read("advice", advice);
    for (const SizingAdvice known :
         {SizingAdvice::suffices, SizingAdvice::grow, SizingAdvice::growAtLeast,
          SizingAdvice::noCapacityHelps, SizingAdvice::unpaced}) {
        channel.advice = advice == sizingAdviceName(known) ? known : channel.advice;
    }
    return channel;
}

} // namespace

std::string sizingToJson(const std::vector<ChannelSizing>& sizing) {
    Json list = Json::array();
    for (const ChannelSizing& channel : sizing) {
        list.push_back(channelJson(channel));
    }
    return dumpJson(list);
}

std::optional<std::vector<ChannelSizing>> sizingFromJson(const std::string& text) {
    const Json list = Json::parse(text, nullptr, false);
    if (!list.is_array()) {
        return std::nullopt;
    }
    try {
        std::vector<ChannelSizing> sizing;
        for (const Json& item : list) {
            if (item.is_object()) {
                sizing.push_back(channelFromFields(Fields(item)));
            }
        }
        return sizing;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

} // namespace ringscope
