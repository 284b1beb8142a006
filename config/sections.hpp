// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

/// Readers of the top-level sections, used by read_config(). Each calls finish().
namespace paysync::config {

Database read_database(const Section& section);
Stripe read_stripe(const Section& section);
/// `section` is `mail`. The section `smtp` defines a mail account too.
Mail read_mail(const Section& section, const Section& smtp);

/// The keys that `smtp` and each entry of `mail.accounts` have in common.
void read_account(const Section& section, MailAccount& account);

}  // namespace paysync::config
