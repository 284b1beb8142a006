// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of letters and of the attempts to send them. An attempt's number and the lease token are the
/// fences: whoever is late changes nothing and is told so by `false`.
namespace paysync::payment_requests::store {

/// Letters whose sender died between the promise of the dot and its answer: in doubt, or queued
/// again when `resend`. Yields their request ids.
std::vector<std::string> settle_abandoned(pqxx::work& tx, bool resend);

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

/// The mail server refused the letter for good, or too often: the attempt is closed and the request
/// ends as failed. `suppress` puts the recipient on the suppression list.
bool record_refused(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                    std::string reason_code, bool suppress);

/// A person's word on a letter in doubt: it arrived, or it is to be sent again. False when the
/// request's letter is not in doubt.
bool resolve_in_doubt(pqxx::work& tx, std::string request_id, bool sent);

}  // namespace paysync::payment_requests::store
