// SPDX-License-Identifier: MIT
#include "config/names.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace paysync::config {
namespace {

using namespace std::chrono_literals;

constexpr int kLiveRequestsPerSecond = 20;
constexpr int kTestRequestsPerSecond = 5;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
}

/// `2026-10-28.endive`; older versions are a bare date.
bool is_version(std::string_view text) {
    constexpr std::string_view shape = "dddd-dd-dd";
    if (text.size() < shape.size())
        return false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i])
            return false;
    }
    const auto train = text.substr(shape.size());
    return train.empty() || (train[0] == '.' && is_word(train.substr(1)));
}

std::string base(const Section& section, std::string_view key, const std::string& default_value) {
    std::string url = section.url(key, default_value);
    const std::string rest = parse_url(url).rest;
    if (!rest.empty() && rest != "/")
        section.fail(key, "must not have a path; only scheme, host and port are allowed");
    url.resize(url.size() - rest.size());
    return url;
}

}  // namespace

Stripe read_stripe(const Section& section) {
    Stripe stripe{.api_key = section.secret("api_key")};
    stripe.api_base = base(section, "api_base", stripe.api_base);
    stripe.connect_base = base(section, "connect_base", stripe.connect_base);
    stripe.files_base = base(section, "files_base", stripe.files_base);
    stripe.api_version = section.text("api_version", stripe.api_version);
    if (!is_version(stripe.api_version))
        section.fail("api_version", "must look like 2026-10-28.endive");
    stripe.accounts_api =
        section.choice<std::string>("accounts_api", "v1", {{"v1", "v1"}, {"v2", "v2"}});
    stripe.livemode = section.flag("livemode");
    stripe.client_id = section.maybe_text("client_id");
    if (stripe.client_id && (!stripe.client_id->starts_with("ca_") || !is_word(*stripe.client_id)))
        section.fail("client_id", "must begin with ca_ and contain only letters, digits and '_'");
    stripe.requests_per_second = section.integer(
        "requests_per_second", stripe.livemode ? kLiveRequestsPerSecond : kTestRequestsPerSecond, 1,
        10000);
    stripe.max_in_flight = section.integer("max_in_flight", stripe.max_in_flight, 1, 256);
    stripe.timeout = section.duration("timeout", stripe.timeout, 1s, 10min);
    stripe.allow_unrestricted_key =
        section.flag("allow_unrestricted_key", stripe.allow_unrestricted_key);
    section.finish();
    return stripe;
}

const std::string& Stripe::key() const {
    const std::string& value = api_key.reveal();
    const bool restricted = value.starts_with("rk_");
    const auto mode = std::string_view(value).substr(std::min<std::size_t>(3, value.size()));
    const bool live = mode.starts_with("live_");
    if ((!restricted && !value.starts_with("sk_")) || (!live && !mode.starts_with("test_")) ||
        !is_word(value)) {
        api_key.fail(api_key.source() +
                     " does not contain a Stripe key (rk_live_…, sk_live_…, rk_test_… or "
                     "sk_test_…)");
    }
    if (live != livemode) {
        api_key.fail(api_key.source() + " contains a " + (live ? "live" : "test") +
                     " key, but stripe.livemode is " + (livemode ? "true" : "false"));
    }
    if (live && !restricted && !allow_unrestricted_key) {
        api_key.fail(api_key.source() +
                     " contains an unrestricted live key; create a restricted one (rk_live_…) or "
                     "set stripe.allow_unrestricted_key: true");
    }
    return value;
}

}  // namespace paysync::config
