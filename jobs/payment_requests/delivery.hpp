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
    request,         ///< asks the payer
    reminder,        ///< asks again
    receipt,         ///< thanks the payer
    notice,          ///< tells the company that it was paid
    refund,          ///< tells the payer that money goes back
    refund_notice,   ///< tells the company the same
    dispute_notice,  ///< tells the company that the payer's bank disputes the payment
    debit_failed     ///< tells the payer that the bank debit failed, and asks again
};

inline constexpr DeliveryKind kDeliveryKinds[] = {
    DeliveryKind::request,        DeliveryKind::reminder,    DeliveryKind::receipt,
    DeliveryKind::notice,         DeliveryKind::refund,      DeliveryKind::refund_notice,
    DeliveryKind::dispute_notice, DeliveryKind::debit_failed};

/// The kind's name in the database.
constexpr const char* to_string(DeliveryKind kind) {
    constexpr const char* kNames[] = {"request", "reminder",      "receipt",        "notice",
                                      "refund",  "refund_notice", "dispute_notice", "debit_failed"};
    return kNames[static_cast<int>(kind)];
}

/// The kind of that name, if there is one.
constexpr std::optional<DeliveryKind> delivery_kind(std::string_view name) {
    for (const auto kind : kDeliveryKinds)
        if (name == to_string(kind))
            return kind;
    return std::nullopt;
}

/// Whether the message is about a payment that was made. Such a message needs no payment link, and
/// no open request; the others ask for a payment and need both.
constexpr bool confirms_payment(DeliveryKind kind) {
    return kind != DeliveryKind::request && kind != DeliveryKind::reminder &&
           kind != DeliveryKind::debit_failed;
}

/// Whether the message goes to the company, in the company's language.
constexpr bool is_for_company(DeliveryKind kind) {
    return kind == DeliveryKind::notice || kind == DeliveryKind::refund_notice ||
           kind == DeliveryKind::dispute_notice;
}

/// The payment that a message is about.
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

/// The refund or the dispute that a message is about.
struct MoneyBack {
    std::string id;           ///< re_… or dp_…
    std::int64_t amount = 0;  ///< minor units of `currency`
    std::string currency;
    std::string day;        ///< YYYY-MM-DD, when it was made
    std::string reason;     ///< Stripe's word
    std::string answer_by;  ///< YYYY-MM-DD, until when Stripe takes evidence; of a dispute
};

/// A claimed row of the mail queue, `pay_private.delivery`: one message to one recipient. A new
/// request queues its message, the frozen bytes of this message queue its copies (cc), its
/// acceptance queues the reminders, and a payment queues its receipt and notices. The states:
///
///     queued      no bytes yet, and perhaps no payment link
///     ready       the bytes are frozen: every attempt sends the same ones
///     sending     an attempt is open; the final dot of SMTP has not gone out
///     committing  the commit point is passed: the final dot goes out or has gone out
///     sent        the mail server has accepted the message
///
///     deferred    the attempt failed and another one is due at next_attempt_at
///     in_doubt    the final dot went out and no reply came; a person decides
///     failed      the message cannot be sent; final
///     suppressed  the recipient is on the suppression list; final
///     cancelled   the request ended first; final
///     bounced     it was `sent`, and a mail server returned it; final
///
/// A delivery can also be postponed (queue_store.hpp): it keeps its state, opens no attempt, and is
/// due later.
///
/// SendJob claims deliveries, Dispatch takes one through these states, attempts_store writes them,
/// and mail::OutcomeRule says which one follows from the mail server's reply.
struct Delivery {
    std::string delivery_id;
    std::int64_t token = 0;  ///< of the lease
    DeliveryKind kind = DeliveryKind::request;
    int number = 1;  ///< counts the messages of this kind to this recipient
    std::string recipient;
    int counted_attempts = 0;  ///< failed attempts that lengthen the back-off (`put_off`)
    bool frozen = false;       ///< its bytes are stored and contain the request's present link
    bool suppressed = false;   ///< the recipient is on the suppression list
    bool plain = false;        ///< the company has no texts, logo or file of its own for it
    bool company_enabled = true;
    int messages = 0;          ///< how often its message was composed
    std::string mail_account;  ///< of its frozen message, else of the company; empty: the default
    std::string company_mail_account;
    std::chrono::seconds age{0};  ///< since its bytes were stored
    Request request;
    std::optional<Payment> payment;       ///< of messages about a payment
    std::optional<MoneyBack> money_back;  ///< of messages about a refund or a dispute
};

}  // namespace paysync::payment_requests
