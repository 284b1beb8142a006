// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"
#include "daemon/base/mail/accounts.hpp"
#include "jobs/stripe/client.hpp"

#include <string>

/// The configuration in the words of those who use it. All may throw config::Error for a secret
/// that cannot be read.
namespace paysync {

stripe::Budget::Options budget_options(const config::Stripe& section);

/// Also refuses a key of the wrong mode, and an unrestricted live key that nobody allowed.
stripe::Client::Options stripe_options(const config::Stripe& section);

mail::SmtpAccount smtp_account(const config::MailAccount& section);

/// All accounts, without anybody who listens to their changes.
mail::Accounts::Options mail_options(const config::Mail& section);

}  // namespace paysync
