// SPDX-License-Identifier: MIT
#pragma once

namespace paysync::onboarding {

/// When a change counts as a mass change (`fuse_share`, `fuse_at_least`): it concerns at least
/// `at_least` accounts and more than `share` of all connected ones.
///
/// Why: a wrong key or a fault at Stripe can make many accounts look disconnected or incomplete at
/// once. Writing that would stop the payments of all these companies. Instead the fuse blows:
/// nothing is written and `pay.alarms` has a row until a person clears it.
struct FuseLimits {
    double share = 0.05;
    int at_least = 20;
};

struct FuseResult {
    bool passed = false;  ///< the changes may be written
    int changes = 0;
    int accounts = 0;  ///< connected ones
};

}  // namespace paysync::onboarding
