// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paysync::payment_requests {

/// A payment request with all that making its link and writing about it needs. Empty strings stand
/// for NULL.
struct Request {
    std::string request_id;
    std::string company;
    std::string to_email;
    std::string to_name;
    std::vector<std::string> cc;
    std::string reply_to;
    std::int64_t amount = 0;  ///< minor units of `currency`
    std::string currency;
    std::string description;
    std::string message;
    std::string due_on;  ///< YYYY-MM-DD
    std::string locale;
    bool multi_party = false;
    std::vector<std::pair<std::string, std::string>> metadata;  ///< the application's own

    std::string company_name;
    std::string company_email;
    std::string brand_color;  ///< #rrggbb
    int brand_version = 0;    ///< of the checkout brand; 0 = the company has none
    std::string account_id;   ///< of the company's current integration
    std::string stage;        ///< of the company's current integration, empty without one
    bool livemode = false;

    std::string link_id;  ///< of the live payment link, if there is one
    std::string link_url;
    int links_made = 0;                        ///< payment links that the request ever had
    std::vector<std::string> payment_methods;  ///< that a link offers; none: Stripe chooses
    std::int64_t application_fee = 0;          ///< the platform's share, minor units of `currency`
};

/// The payment that a receipt or a notice is about.
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

/// What a mail is for: to ask, to ask again, to thank the payer, to tell the company.
enum class Kind { request, reminder, receipt, notice };

/// The kind's name in the database.
constexpr const char* to_string(Kind kind) {
    constexpr const char* kNames[] = {"request", "reminder", "receipt", "notice"};
    return kNames[static_cast<int>(kind)];
}

/// Whether the mail is about a payment that was made, and not about one that is wanted.
constexpr bool confirms(Kind kind) {
    return kind == Kind::receipt || kind == Kind::notice;
}

/// One mail to one recipient, claimed from the queue.
struct Delivery {
    std::string delivery_id;
    std::int64_t token = 0;  ///< of the lease
    Kind kind = Kind::request;
    int number = 1;  ///< counts the mails of this kind to this recipient
    std::string recipient;
    int put_off = 0;              ///< how often the mail server put it off
    bool frozen = false;          ///< its bytes are stored, with the link that is live now
    bool suppressed = false;      ///< the recipient is on the suppression list
    bool plain = false;           ///< no texts, logo or file of the company's own to put into it
    std::string mail_account;     ///< by which it goes; empty for the default one
    std::chrono::seconds age{0};  ///< since its bytes were stored
    Request request;
    std::optional<Payment> payment;
};

}  // namespace paysync::payment_requests
