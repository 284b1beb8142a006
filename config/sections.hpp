// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

/// The readers of the top-level sections, for read_config(); each calls finish().
namespace paysync::config {

Database read_database(const Section& section);
Stripe read_stripe(const Section& section);
/// `smtp` holds an account as well.
Mail read_mail(const Section& section, const Section& smtp);

/// What `smtp` and `mail.accounts` have in common.
void read_account(const Section& section, MailAccount& account);

}  // namespace paysync::config
