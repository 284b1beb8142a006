// SPDX-License-Identifier: MIT
#include "jobs/onboarding/settings.hpp"

namespace paysync::onboarding {

using namespace std::chrono_literals;

Settings settings_from(config::Section section, std::chrono::milliseconds every, bool livemode,
                       std::string client_id) {
    Settings settings;
    settings.every = every;
    settings.hot_every = section.duration("hot_every", 5s, 100ms, 1h);
    settings.return_url = section.url("return_url");
    settings.refresh_url = section.url("refresh_url");
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
