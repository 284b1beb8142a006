// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

/// New objects with all members that Stripe sends, at their defaults.
Json blank_account();
Json blank_requirements();
Json blank_payment_link();
/// A part of a payment link that exists only on request; null if the part has no defaults.
Json blank_link_part(const std::string& name);
Json blank_line_item();
Json blank_session();
Json blank_payment_intent();
/// The card in the `payment_method_details` of a charge.
Json blank_card();
Json blank_charge();
Json blank_refund();
Json blank_dispute();
Json blank_transaction();
Json blank_payout();
Json blank_application_fee();
Json blank_transfer();

/// Sets, unsets (empty value) or clears (null) metadata as the parameters say.
void apply_metadata(Json& object, const Json& params);

}  // namespace stripe_sim
