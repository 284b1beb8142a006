// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace paysync::payment_requests {

/// A payment request, with all that is needed to make its payment link and to write its messages: a
/// row of `pay_private.request_detail`. Empty strings stand for NULL.
struct Request {
    std::string request_id;
    std::string company;
    std::string to_email;
    std::string to_name;
    std::vector<std::string> cc;
    std::string reply_to;
    std::int64_t amount = 0;      ///< minor units of `currency`
    std::int64_t amount_due = 0;  ///< that a link asks for now: less after a part payment
    std::string currency;
    std::string description;
    std::string message;
    std::string due_on;  ///< YYYY-MM-DD
    std::string today;   ///< YYYY-MM-DD, in the company's time zone; empty: in UTC
    std::string locale;
    bool multi_party = false;
    int places = 0;           ///< of a multi-party request: how many more may pay; 0: any number
    bool mail_may_go = true;  ///< false while a payment is under way
    std::vector<std::pair<std::string, std::string>> metadata;  ///< the application's own

    std::string company_name;
    std::string company_email;
    std::string brand_color;  ///< #rrggbb
    int brand_version = 0;    ///< of the checkout brand; 0 when the company has none
    std::string account_id;   ///< of the company's current integration
    std::string stage;        ///< of the company's current integration; empty without one

    std::string link_id;  ///< of the live payment link; empty without one
    std::string link_url;
    std::int64_t link_amount = 0;              ///< that it asks for
    int links_made = 0;                        ///< payment links that the request has ever had
    std::vector<std::string> payment_methods;  ///< that the link offers; empty: Stripe chooses
    std::int64_t application_fee = 0;          ///< the platform's share, minor units of `currency`
};

}  // namespace paysync::payment_requests
