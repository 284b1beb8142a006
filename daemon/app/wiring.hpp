// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/base/mail/mail_accounts.hpp"
#include "jobs/stripe/client.hpp"

#include <string>

/// Converts sections of the configuration into the options of the parts that use them. All may
/// throw config::Error for a secret that cannot be read.
namespace paysync {

stripe::Budget::Options budget_options(const config::Stripe& section);

/// Also refuses a Stripe key of the wrong mode, and an unrestricted live key unless
/// `stripe.allow_unrestricted_key` is set.
stripe::Client::Options stripe_options(const config::Stripe& section);

mail::SmtpAccount smtp_account(const config::MailAccount& section);

/// All mail accounts; `on_change` is left empty.
mail::MailAccounts::Options mail_options(const config::Mail& section);

}  // namespace paysync
