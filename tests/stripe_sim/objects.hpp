// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/json.hpp"

namespace stripe_sim {

/// New objects with every member that Stripe sends, at its value for "nothing set".
Json blank_account();
Json blank_requirements();
Json blank_payment_link();
/// A part of a payment link that is there only if asked for; null if there is nothing to fill in.
Json blank_link_part(const std::string& name);
Json blank_line_item();
Json blank_session();
Json blank_payment_intent();
/// The card of a charge, in `payment_method_details`.
Json blank_card();
Json blank_charge();
Json blank_refund();
Json blank_dispute();
Json blank_transaction();
Json blank_payout();
Json blank_application_fee();
Json blank_transfer();

/// Sets, unsets (empty value) and clears (null) metadata as the parameters say.
void apply_metadata(Json& object, const Json& params);

}  // namespace stripe_sim
