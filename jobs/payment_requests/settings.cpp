// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/settings.hpp"

#include "config/reader.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <tuple>
#include <utility>

namespace paysync::payment_requests {

namespace {

constexpr const char* kZones = "/usr/share/zoneinfo";

/// A name of the tz database. A path out of its folder is none.
bool is_time_zone(const std::string& name) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '+' || c == '-' || c == '/';
    };
    return std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
           std::all_of(name.begin(), name.end(), fits) &&
           std::filesystem::is_regular_file(std::filesystem::path(kZones) / name);
}

bool is_time_of_day(const std::string& text) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
    return text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4) &&
           text[3] < '6' && (text < "24:00" || text == "24:00");
}

/// `08:00-20:00`
std::pair<std::string, std::string> read_hours(const config::Section& section) {
    const auto text = section.text("sending_hours", "00:00-24:00");
    const auto from = text.substr(0, text.find('-'));
    const auto until = from.size() < text.size() ? text.substr(from.size() + 1) : std::string();
    if (!is_time_of_day(from) || !is_time_of_day(until) || from >= until)
        section.fail("sending_hours", "must be two times of a day such as 08:00-20:00");
    return {from, until};
}

}  // namespace

Settings settings_from(config::Section section, std::chrono::milliseconds every) {
    using namespace std::chrono_literals;
    Settings settings;
    settings.every = every;
    settings.concurrency = section.integer("concurrency", 16, 1, 256);
    settings.on_in_doubt = section.choice(
        "on_in_doubt", OnInDoubt::hold, {{"hold", OnInDoubt::hold}, {"resend", OnInDoubt::resend}});
    settings.first_retry = section.duration("first_retry", 5min, 1s, 24h);
    settings.last_retry = section.duration("last_retry", 1h, 1s, 168h);
    if (settings.last_retry < settings.first_retry)
        section.fail("last_retry", "is shorter than first_retry");
    settings.give_up_after = section.duration("give_up_after", 120h, 1min, 720h);
    auto& deployment = settings.deployment;
    deployment.time_zone = section.text("time_zone", "UTC");
    if (!is_time_zone(deployment.time_zone))
        section.fail("time_zone", "must be UTC or an IANA name such as Europe/Vienna");
    std::tie(deployment.send_from, deployment.send_until) = read_hours(section);
    deployment.reminder_distance = section.duration("reminder_distance", 1h, 0s, 720h);
    constexpr auto kLongest = std::chrono::hours(7300 * 24);
    settings.keep.calls = section.duration("keep_calls", settings.keep.calls, 48h, kLongest);
    settings.keep.attempts =
        section.duration("keep_attempts", settings.keep.attempts, 48h, kLongest);
    settings.keep.messages =
        section.duration("keep_messages", settings.keep.messages, 48h, kLongest);
    section.finish();
    return settings;
}

}  // namespace paysync::payment_requests
