// SPDX-License-Identifier: MIT
#include "jobs/reconciliation/settings.hpp"

namespace paysync::reconciliation {

using namespace std::chrono_literals;

Settings settings_from(config::Section section, std::chrono::milliseconds every) {
    Settings settings;
    settings.every = every;
    settings.overlap = section.duration("overlap", settings.overlap, 1min, 24h);
    settings.horizon = section.duration("horizon", settings.horizon, 24h, 20 * 365 * 24h);
    settings.slowest = section.duration("slowest", 15 * every, every, 7 * 24h);
    settings.verify_every = section.duration("verify_every", settings.verify_every, 1s, 7 * 24h);
    settings.page_limit = section.integer("page_limit", settings.page_limit, 1, 100);
    settings.concurrency = section.integer("concurrency", settings.concurrency, 1, 256);
    settings.slices = section.integer("slices", settings.slices, 1, 32);
    settings.audit_every = section.duration("audit_every", settings.audit_every, 1s, 30 * 24h);
    settings.audit_size = section.integer("audit_size", settings.audit_size, 0, 1000);
    section.finish();
    return settings;
}

}  // namespace paysync::reconciliation
