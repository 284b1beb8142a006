// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account_state.hpp"
#include "tests/stripe_sim/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace stripe_sim {

class World;

/// New requirements of an account, as a script asks for them.
struct Demand {
    std::vector<std::string> fields;
    /// When they fall due; 0 = no deadline. With `future`: when they become requirements.
    int64_t deadline = 0;
    bool future = false;
    /// Seconds between the moment at which a future requirement becomes one and its deadline.
    int64_t grace = 0;
    /// They are needed eventually and are not due now.
    bool eventually = false;
    /// Objects {code, reason, requirement}.
    Json errors = Json::array();
    /// Objects {original_fields_due, alternative_fields_due}.
    Json alternatives = Json::array();
    /// The capabilities (or `payouts`) that they disable; empty = the whole account.
    std::vector<std::string> restricts;
};

/// Requirements that the owner or the platform has met.
struct Submission {
    std::vector<std::string> fields;
    /// The fields that Stripe verifies; they are pending until the review ends.
    std::vector<std::string> reviewed;
    int64_t review_seconds = 0;
    /// The error code with which the review ends; empty = verified.
    std::string rejection;
    /// The owner finished the form.
    bool complete = false;
    /// Also meets everything that is due or under review.
    bool everything = false;
};

/// Adds requirements, and lets them fall due by the virtual clock.
void require_fields(World& world, const std::string& id, const Demand& demand);

/// Removes met requirements from the lists, and ends their review by the virtual clock.
void submit_fields(World& world, const std::string& id, const Submission& submission);

/// The requirements on a list (`currently_due`, `eventually_due` …) as text.
std::vector<std::string> listed(const Json& requirements, const char* list);

/// Whether the requirement disables the capability (or `payouts`).
bool restricts(const AccountState& state, const std::string& field, const std::string& what);

/// Recomputes the members that follow from the lists and the state: charges and payouts,
/// capabilities, disabled_reason and deadlines.
void settle(Json& account, const AccountState& state);

}  // namespace stripe_sim
