// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

using namespace std::chrono_literals;

Settings settings_from(config::Section section, std::chrono::milliseconds every) {
    Settings settings;
    settings.every = every;
    settings.overlap = section.duration("overlap", settings.overlap, 1min, 24h);
    settings.horizon = section.duration("horizon", settings.horizon, 24h, 20 * 365 * 24h);
    settings.page_limit = section.integer("page_limit", settings.page_limit, 1, 100);
    settings.concurrency = section.integer("concurrency", settings.concurrency, 1, 256);
    section.finish();
    return settings;
}

}  // namespace paysync::reconciliation
