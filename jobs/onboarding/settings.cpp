// SPDX-License-Identifier: MIT
#include "jobs/onboarding/settings.hpp"

#include "config/reader.hpp"

#include <algorithm>

namespace paysync::onboarding {

using namespace std::chrono_literals;

Settings settings_from(config::Section section, std::chrono::milliseconds every, bool livemode,
                       std::string client_id) {
    Settings settings;
    settings.every = every;
    settings.hot_every = section.duration("hot_every", 5s, 100ms, 1h);
    settings.hot_slowest = section.duration("hot_slowest", std::max(settings.hot_every, 15000ms),
                                            settings.hot_every, 1h);
    settings.confirm_after = section.duration("confirm_after", 10min, 1s, 24h);
    settings.warn_before = section.duration("warn_before", 7 * 24h, 1s, 90 * 24h);
    settings.fuse.share = section.percent("fuse_share", 5, 0, 100) / 100.0;
    settings.fuse.at_least = static_cast<int>(section.integer("fuse_at_least", 20, 1, 1000000));
    settings.return_url = section.url("return_url");
    settings.refresh_url = section.url("refresh_url");
    settings.oauth_redirect_url = section.maybe_url("oauth_redirect_url").value_or("");
    settings.oauth_state_lifetime = section.duration("oauth_state_lifetime", 1h, 1s, 24h);
    settings.dashboard = section.choice<std::string>(
        "dashboard", "full", {{"full", "full"}, {"express", "express"}, {"none", "none"}});
    settings.country = section.text("country", "US");
    settings.contact = section.text(
        "contact", "Payments are not enabled for this company; please contact support.");
    settings.livemode = livemode;
    settings.client_id = std::move(client_id);
    section.finish();
    return settings;
}

}  // namespace paysync::onboarding
