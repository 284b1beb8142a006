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

/// Letters whose sender died between the promise of the dot and its answer: in doubt, or queued
/// again when `resend`. Yields their request ids.
std::vector<std::string> settle_abandoned(pqxx::work& tx, bool resend);

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

/// Stores the letter's bytes for good. A letter that was stored before stays as it is, unless its
/// link was replaced before the letter went out.
void freeze(pqxx::work& tx, std::string request_id, std::string recipient, std::string message_id,
            std::string link_id, std::string bytes);

/// A frozen letter that is about to be sent.
struct Delivery {
    std::string delivery_id;
    int attempt = 0;
    std::string bytes;
};

/// The last gate: opens a delivery attempt when the lease is ours, the request is open, its company
/// is connected, its link live and the recipient not suppressed.
std::optional<Delivery> begin_attempt(pqxx::work& tx, std::string request_id, std::int64_t token);

/// The promise that the final dot is about to go out. False when it must not.
bool commit_attempt(pqxx::work& tx, std::string delivery_id, int attempt, std::int64_t token);

/// What the mail server said, for the record.
struct Answer {
    std::string outcome;  ///< mail::to_string()
    int code = 0;
    std::string reply;
};

/// The letter was accepted. Also settles an attempt that was already given up as in doubt.
bool record_sent(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer);

/// The letter may have been accepted: nobody sends it again without a person's word.
bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer);

/// The letter was put off; the next try comes after `delay_seconds`. `counts` says whether it used
/// up an attempt.
bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                     double delay_seconds, bool counts);

/// The attempt ended before the dot, for a reason of our own: the letter is ready again and the
/// lease stays.
bool abandon_attempt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer);

/// The request cannot be carried out: it ends as failed, with a reason, and its link is wanted
/// inactive.
bool fail(pqxx::work& tx, std::string request_id, std::int64_t token, std::string reason_code,
          std::string reason_text);

/// The mail server refused the letter for good, or too often: the attempt is closed and the request
/// ends as failed. `suppress` puts the recipient on the suppression list.
bool record_refused(pqxx::work& tx, std::string request_id, std::int64_t token,
                    std::string delivery_id, int attempt, Answer answer, std::string reason_code,
                    bool suppress);

/// Gives the row back, to be tried again after `delay_seconds`; the reason is shown meanwhile.
bool postpone(pqxx::work& tx, std::string request_id, std::int64_t token, double delay_seconds,
              std::string reason_code, std::string reason_text);

/// Gives back what a stopping daemon has not begun to send.
void release_leases(pqxx::work& tx, std::int64_t token);

/// A person's word on a letter in doubt: it arrived, or it is to be sent again. False when the
/// request's letter is not in doubt.
bool resolve_in_doubt(pqxx::work& tx, std::string request_id, bool sent);

}  // namespace paysync::payment_requests::store
