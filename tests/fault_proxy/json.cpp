// SPDX-License-Identifier: MIT
#include "tests/fault_proxy/json.hpp"

#include "tests/sim_base/read_json.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace fault_proxy {
namespace {

using nlohmann::json;
using namespace sim_base;

Direction direction_from_json(const std::string& name, const json& value) {
    must_be_object(name, value);
    Direction direction;
    for (const auto& [key, item] : value.items()) {
        if (key == "delay_ms") {
            direction.delay = time_of(key, item);
        } else if (key == "jitter_ms") {
            direction.jitter = time_of(key, item);
        } else if (key == "bytes_per_second") {
            direction.bytes_per_second = count_of(key, item);
        } else if (key == "cut_after") {
            direction.cut_after =
                item.is_null() ? std::nullopt : std::optional(count_of(key, item));
        } else if (key == "swallow") {
            direction.swallow = yes_of(key, item);
        } else if (key == "stall") {
            direction.stall = yes_of(key, item);
        } else {
            unknown(name + "." + key);
        }
    }
    return direction;
}

json to_json(const Direction& direction) {
    json out{{"delay_ms", direction.delay.count()},
             {"jitter_ms", direction.jitter.count()},
             {"bytes_per_second", direction.bytes_per_second},
             {"cut_after", nullptr},
             {"swallow", direction.swallow},
             {"stall", direction.stall}};
    if (direction.cut_after) {
        out["cut_after"] = *direction.cut_after;
    }
    return out;
}

}  // namespace

Settings settings_from_json(const json& value) {
    must_be_object("settings", value);
    Settings settings;
    for (const auto& [key, item] : value.items()) {
        if (key == "to_target") {
            settings.to_target = direction_from_json(key, item);
        } else if (key == "to_client") {
            settings.to_client = direction_from_json(key, item);
        } else if (key == "reset") {
            settings.reset = yes_of(key, item);
        } else {
            unknown(key);
        }
    }
    return settings;
}

json to_json(const Settings& settings) {
    return {{"to_target", to_json(settings.to_target)},
            {"to_client", to_json(settings.to_client)},
            {"reset", settings.reset}};
}

json to_json(const Counters& counters) {
    return {{"accepted", counters.accepted},
            {"open", counters.open},
            {"cut", counters.cut},
            {"target_failures", counters.target_failures},
            {"bytes_to_target", counters.bytes_to_target},
            {"bytes_to_client", counters.bytes_to_client},
            {"bytes_swallowed", counters.bytes_swallowed}};
}

}  // namespace fault_proxy
