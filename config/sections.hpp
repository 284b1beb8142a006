// SPDX-License-Identifier: MIT
#pragma once

#include "config/config.hpp"

/// The readers of the top-level sections, for read_config(); each calls finish().
namespace paysync::config {

Database read_database(const Section& section);
Stripe read_stripe(const Section& section);
Smtp read_smtp(const Section& section);
Mail read_mail(const Section& section);

}  // namespace paysync::config
