// SPDX-License-Identifier: MIT
#pragma once

namespace stripe_sim {

/// The parameters of Stripe's API 2026-10-28.endive, as texts for Schema. A test compares them with
/// Stripe's own list.
extern const char* const kAccountParameters;
extern const char* const kAccountCapabilities;
extern const char* const kAccountPeople;
extern const char* const kAccountSettings;
extern const char* const kAccountCreateParameters;
extern const char* const kAccountUpdateParameters;

/// Without subscriptions, shipping rates and optional items, which the stand-in does not simulate.
extern const char* const kLinkParameters;
extern const char* const kLinkCreateParameters;
extern const char* const kLinkUpdateParameters;

}  // namespace stripe_sim
