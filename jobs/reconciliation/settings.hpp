// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"

#include <chrono>

namespace paysync::reconciliation {

/// The section `jobs.reconciliation`.
struct Settings {
    std::chrono::milliseconds every{60000};
    /// How far behind the newest object a walk begins: Stripe shows some objects minutes late.
    std::chrono::milliseconds overlap{900000};
    /// How far back the first walk of an account goes.
    std::chrono::milliseconds horizon{std::chrono::hours(24 * 365)};
    /// How long a stream is left alone at most, after walks that found nothing.
    std::chrono::milliseconds slowest{15 * 60000};
    /// How often the rules are checked over all rows.
    std::chrono::milliseconds verify_every{std::chrono::hours(1)};
    int page_limit = 100;  ///< objects of one page
    int concurrency = 4;   ///< streams read at once
    int slices = 4;        ///< parts of one long walk that are read at once
    /// How often objects are drawn at random and read again, and how many of each kind.
    std::chrono::milliseconds audit_every{std::chrono::hours(1)};
    int audit_size = 10;
};

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::reconciliation
