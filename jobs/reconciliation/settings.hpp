// SPDX-License-Identifier: MIT
#pragma once

#include "config/reader.hpp"

#include <chrono>

namespace paysync::reconciliation {

/// The section `jobs.reconciliation`.
struct Settings {
    std::chrono::milliseconds every{60000};
    /// A walk begins so much before the newest object that is known: Stripe shows some objects
    /// minutes late.
    std::chrono::milliseconds overlap{900000};
    /// How far back the first walk of an account goes.
    std::chrono::milliseconds horizon{std::chrono::hours(24 * 365)};
    /// The longest pause between two walks of a stream, after many that found nothing.
    std::chrono::milliseconds slowest{15 * 60000};
    /// How often the rules are checked over all rows.
    std::chrono::milliseconds verify_every{std::chrono::hours(1)};
    int page_limit = 100;  ///< objects on one page
    int concurrency = 4;   ///< streams that are read side by side; see ReadJob for slow ones
    int slices = 4;        ///< slices of one walk that are read side by side
    /// How often objects are drawn at random and re-read, and how many of each kind.
    std::chrono::milliseconds audit_every{std::chrono::hours(1)};
    int audit_size = 10;
};

/// Reads the section. Throws config::Error for unknown keys and values out of range.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::reconciliation
