// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/balance_transaction.hpp"
#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::stripe {

/// How a charge was paid; all but the type only where a card or a bank account was charged.
struct PaymentMethod {
    std::string type;
    std::optional<std::string> brand;  ///< of the card; of a bank account in North America its bank
    std::optional<std::string> last4;
    std::optional<std::string> country;
    std::optional<std::string> funding;  ///< credit, debit, prepaid
    std::optional<std::string> wallet;   ///< apple_pay, google_pay, link
};

/// One attempt to take money from a payer.
struct Charge {
    std::string id;
    std::int64_t amount = 0;
    std::int64_t amount_captured = 0;
    std::int64_t amount_refunded = 0;
    std::string currency;
    std::string status;
    std::int64_t created = 0;
    bool paid = false;
    bool captured = false;
    bool refunded = false;  ///< in full
    bool disputed = false;
    bool livemode = false;
    std::optional<PaymentMethod> method;
    std::optional<std::string> payer_name;
    std::optional<std::string> payer_email;
    std::optional<std::string> receipt_email;
    std::optional<std::string> receipt_url;
    std::optional<std::string> description;
    std::optional<std::string> statement_descriptor;
    std::optional<std::string> failure_code;
    std::optional<std::string> failure_message;
    std::optional<std::string> outcome_type;
    std::optional<std::string> outcome_reason;
    std::optional<std::string> seller_message;
    std::optional<std::string> payment_intent;
    std::optional<std::string> customer;
    std::optional<std::string> balance_transaction_id;      ///< none while no money has moved
    std::optional<BalanceTransaction> balance_transaction;  ///< only when it was expanded
    std::optional<std::string> failure_balance_transaction;
    std::optional<std::string> application_fee;
    std::optional<std::int64_t> application_fee_amount;
    std::optional<std::string> on_behalf_of;
    std::optional<std::string> transfer;
    std::optional<std::string> transfer_group;
    std::optional<std::string> source_transfer;
    std::map<std::string, std::string> metadata;

    /// The payment request it claims to pay. Anyone with the account's key can write it: check
    /// account, currency and amount before believing it.
    std::optional<std::string> request_id() const;
};

/// All throw FieldError for anything else than what they are named after.
Charge read_charge(const Object& object);
Charge parse_charge(std::string_view body);
Page<Charge> parse_charges(std::string_view body);

}  // namespace paysync::stripe
