// SPDX-License-Identifier: MIT
#pragma once

/// All of Stripe's objects that the jobs know, as plain structs with their readers.
#include "jobs/stripe/account.hpp"
#include "jobs/stripe/balance_transaction.hpp"
#include "jobs/stripe/charge.hpp"
#include "jobs/stripe/dispute.hpp"
#include "jobs/stripe/page.hpp"
#include "jobs/stripe/payment_link.hpp"
#include "jobs/stripe/payout.hpp"
#include "jobs/stripe/refund.hpp"
