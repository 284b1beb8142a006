// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/stripe/balance_transaction.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace paysync::stripe {

class Object;

/// How a charge was paid. Only cards and bank accounts have more than a type.
struct PaymentMethod {
    std::string type;
    std::optional<std::string> brand;  ///< of a card; for a North American bank account its bank
    std::optional<std::string> last4;  ///< digits that the payer recognises
    std::optional<std::string> country;
    std::optional<std::string> wallet;  ///< apple_pay, google_pay, link
};

/// One attempt to take money from a payer: a row of "My Payments". Amounts are in minor units of
/// `currency`, times in Unix seconds.
struct Charge {
    std::string id;
    std::int64_t amount = 0;
    std::int64_t amount_captured = 0;
    std::int64_t amount_refunded = 0;
    std::string currency;
    std::string status;  ///< pending, succeeded, failed
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
    std::optional<std::string> payment_intent;
    std::optional<std::string> balance_transaction_id;      ///< nothing while no money has moved
    std::optional<BalanceTransaction> balance_transaction;  ///< only when it was expanded
    std::optional<std::string> application_fee;  ///< id of an ApplicationFee of the platform
    std::optional<std::int64_t> application_fee_amount;
    std::map<std::string, std::string> metadata;

    /// The payment request that the metadata names. Anyone with the account's key can write it:
    /// check account, currency and amount before believing it.
    std::optional<std::string> request_id() const;
};

/// Throws FieldError when the object is not a charge or lacks a field that every charge has.
Charge read_charge(const Object& object);

}  // namespace paysync::stripe
