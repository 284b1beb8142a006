// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/delivery.hpp"
#include "jobs/payment_requests/mail_branding.hpp"

/// SQL of how a company's messages look.
namespace paysync::payment_requests::store {

/// The company's texts for this kind, the logo of the request's brand version, and for kinds that
/// ask for a payment the collect payment file.
MailBranding read_mail_branding(pqxx::work& tx, DeliveryKind kind, Request request);

}  // namespace paysync::payment_requests::store
