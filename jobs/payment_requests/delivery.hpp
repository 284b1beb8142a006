// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/payment_requests/request.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace paysync::payment_requests {

/// The purpose of a delivery's message.
enum class DeliveryKind {
    request,   ///< asks the payer
    reminder,  ///< asks again
    receipt,   ///< thanks the payer
    notice     ///< tells the company that it was paid
};

inline constexpr DeliveryKind kDeliveryKinds[] = {DeliveryKind::request, DeliveryKind::reminder,
                                                  DeliveryKind::receipt, DeliveryKind::notice};

/// The kind's name in the database.
constexpr const char* to_string(DeliveryKind kind) {
    constexpr const char* kNames[] = {"request", "reminder", "receipt", "notice"};
    return kNames[static_cast<int>(kind)];
}

/// The kind of that name, if there is one.
constexpr std::optional<DeliveryKind> delivery_kind(std::string_view name) {
    for (const auto kind : kDeliveryKinds)
        if (name == to_string(kind))
            return kind;
    return std::nullopt;
}

/// Whether the message confirms a payment. Such a message needs no payment link, and no open
/// request; the others ask for a payment and need both.
constexpr bool confirms_payment(DeliveryKind kind) {
    return kind == DeliveryKind::receipt || kind == DeliveryKind::notice;
}

/// The payment that a receipt or a notice confirms.
struct Payment {
    std::string charge_id;
    std::int64_t amount = 0;  ///< minor units of `currency`
    std::string currency;
    std::string paid_on;  ///< YYYY-MM-DD
    std::string method;   ///< card, sepa_debit, …
    std::string brand;
    std::string last4;
    std::string receipt_url;  ///< Stripe's receipt page
};

/// A claimed row of the mail queue, `pay_private.delivery`: one message to one recipient. Its life:
///
///     queued      it waits for its payment link and its bytes
///     ready       the bytes are frozen, so that every attempt sends the same ones
///     sending     an attempt is open; it can still be taken back
///     committing  the message is about to be the mail server's, or is
///     sent        the mail server has accepted it
///
/// and instead of `sent`: `deferred` (tried again later), `in_doubt` (nobody knows whether it was
/// accepted), `failed`, `suppressed` or `cancelled`. SendJob claims it, Dispatch takes it through
/// these states, attempts_store writes them, and mail::OutcomeRule says which one follows from the
/// mail server's reply.
struct Delivery {
    std::string delivery_id;
    std::int64_t token = 0;  ///< of the lease
    DeliveryKind kind = DeliveryKind::request;
    int number = 1;  ///< counts the messages of this kind to this recipient
    std::string recipient;
    int put_off = 0;              ///< attempts that counted and ended without success
    bool frozen = false;          ///< its bytes are stored, with the link that is live now
    bool suppressed = false;      ///< the recipient is on the suppression list
    bool plain = false;           ///< the company has no texts, logo or file of its own for it
    std::string mail_account;     ///< empty for the default one
    std::chrono::seconds age{0};  ///< since its bytes were stored
    Request request;
    std::optional<Payment> payment;  ///< for receipts and notices
};

}  // namespace paysync::payment_requests
