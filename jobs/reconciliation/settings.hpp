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
    int page_limit = 100;  ///< objects of one page
    int concurrency = 4;   ///< accounts read at once
};

/// Reads the job's own keys and refuses unknown ones.
Settings settings_from(config::Section section, std::chrono::milliseconds every);

}  // namespace paysync::reconciliation
