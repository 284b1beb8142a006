// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/settings.hpp"

#include "config/reader.hpp"

namespace paysync::payment_requests {

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
    section.finish();
    return settings;
}

}  // namespace paysync::payment_requests
