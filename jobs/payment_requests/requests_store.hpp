// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// SQL of payment requests on their way to the mail server. Every write checks the lease token: a
/// worker that lost its lease changes nothing and is told so by `false`.
namespace paysync::payment_requests::store {

/// A claimed payment request with all that sending it needs. Empty strings stand for NULL.
struct Request {
    std::string request_id;
    std::string company;
    std::string to_email;
    std::string to_name;
    std::string reply_to;
    std::int64_t amount = 0;  ///< minor units of `currency`
    std::string currency;
    std::string description;
    std::string message;
    std::string due_on;  ///< YYYY-MM-DD
    std::string locale;
    bool multi_party = false;
    std::vector<std::pair<std::string, std::string>> metadata;  ///< the application's own
    int attempts = 0;  ///< deliveries that the mail server put off

    std::string company_name;
    std::string company_email;
    std::string brand_color;  ///< #rrggbb
    std::string account_id;   ///< of the company's current integration
    std::string stage;        ///< of the company's current integration, empty without one
    bool livemode = false;
    bool suppressed = false;  ///< the recipient is on the suppression list

    std::string link_id;  ///< of the active payment link, if there is one
    std::string link_url;
    bool frozen = false;    ///< the letter with this link is stored already
    int links_made = 0;     ///< payment links that the request ever had
    bool has_file = false;  ///< a collect payment file goes with it
};

/// What one claim took. All rows carry the same token.
struct Claim {
    std::int64_t token = 0;
    std::vector<Request> requests;
};

/// Leases up to `limit` due requests for `lease_seconds`, the most urgent first.
Claim claim_due(pqxx::work& tx, int limit, double lease_seconds, std::string daemon_id);

/// Extends the leases of a claim.
void renew_leases(pqxx::work& tx, std::int64_t token, double lease_seconds);

/// Records the payment link of a request. When the request was cancelled meanwhile the link is
/// recorded as unwanted and the answer is false.
bool link_created(pqxx::work& tx, std::string request_id, std::int64_t token,
                  std::string account_id, bool livemode, std::string link_id, std::string url);

/// A collect payment file.
struct File {
    std::string name;
    std::string media_type;
    std::string content;
};

/// The request's collect payment file, if it has one.
std::optional<File> file_of(pqxx::work& tx, std::string request_id);

/// Nobody shall pay a request that has failed: its links are wanted inactive.
void retire_links(pqxx::work& tx, std::string request_id);

/// The request cannot be carried out: it ends as failed, with a reason, and its link is wanted
/// inactive.
bool fail(pqxx::work& tx, std::string request_id, std::int64_t token, std::string reason_code,
          std::string reason_text);

/// Gives the row back, to be tried again after `delay_seconds`; the reason is shown meanwhile.
bool postpone(pqxx::work& tx, std::string request_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text);

/// Gives back what a stopping daemon has not begun to send.
void release_leases(pqxx::work& tx, std::int64_t token);

}  // namespace paysync::payment_requests::store
