// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/link.hpp"

/// The slow walk through the live payment links of each account, one page at a time.
///
/// paysync knows every link that it made, unless its database was restored from a backup or a call
/// ended badly. And links change without it: their owner switches them off, or on again, in
/// Stripe's dashboard. A walk costs one call for 100 live links. An account with live links is
/// walked through once a day, another one once a week.
namespace paysync::payment_requests {

/// Reads one page that is due. Returns false if none is. Errors of Stripe are logged; the page is
/// read again in five minutes.
Task<bool> sweep_one_page(Context& context, LinkTools& tools);

}  // namespace paysync::payment_requests
