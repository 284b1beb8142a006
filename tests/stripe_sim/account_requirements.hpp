// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// New requirements of an account.
struct Demand {
    std::vector<std::string> fields;
    /// When they fall due; 0 = no deadline. With `future`: when they become requirements.
    int64_t deadline = 0;
    bool future = false;
    /// Seconds between a future requirement's becoming one and its deadline.
    int64_t grace = 0;
    /// Needed some day only: they are not due now.
    bool eventually = false;
    /// Objects {code, reason, requirement}.
    Json errors = Json::array();
    /// Objects {original_fields_due, alternative_fields_due}.
    Json alternatives = Json::array();
    /// Capabilities (or `payouts`) that they hold up; empty = the whole account.
    std::vector<std::string> restricts;
};

/// Requirements that somebody has met.
struct Submission {
    std::vector<std::string> fields;
    /// Of these Stripe verifies the following; they are pending meanwhile.
    std::vector<std::string> reviewed;
    int64_t review_seconds = 0;
    /// The error code with which the review ends; empty = verified.
    std::string rejection;
    /// The owner finished the form.
    bool complete = false;
    /// Meets all that is due or under review as well.
    bool everything = false;
};

/// Makes requirements appear, and lets them fall due by the virtual clock.
void require_fields(World& world, const std::string& id, const Demand& demand);

/// Takes met requirements off the lists, and ends their review by the virtual clock.
void submit_fields(World& world, const std::string& id, const Submission& submission);

/// Every requirement on the list (`currently_due`, `eventually_due` …) as text.
std::vector<std::string> listed(const Json& requirements, const char* list);

/// Whether the requirement holds up the capability (or `payouts`).
bool restricts(const AccountState& state, const std::string& field, const std::string& what);

/// Makes what follows from the lists and the state true again: charges and payouts, capabilities,
/// disabled_reason and deadlines.
void settle(Json& account, const AccountState& state);

}  // namespace stripe_sim
