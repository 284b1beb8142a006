// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/payment_requests/links_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// SQL of the attempts to send a mail. An attempt's number and the lease token are the fences:
/// whoever is late changes nothing and is told so by `false`. What every mail needs takes batches,
/// for db::Grouped.
namespace paysync::payment_requests::store {

/// A mail's bytes, to be stored for good.
struct Letter {
    std::string message_id;
    std::string bytes;
    std::string link_id;  ///< the link that stands in it; empty for receipts
    int brand_version = 0;
    std::string mail_account = {};  ///< by which it goes; empty for the default one
};

/// A mail that is about to be sent, with what is new about it.
struct Opening {
    std::string delivery_id;
    std::string request_id;
    std::int64_t token = 0;
    bool has_copies = false;  ///< the request names others who get the same bytes
    bool hold = false;        ///< it cannot go now: what is new is stored, and no attempt opened
    std::optional<NewLink> link;
    std::optional<Letter> letter;
};

/// An attempt that may go on to the mail server.
struct Attempt {
    int number = 0;
    std::string bytes;  ///< empty when the opening brought them
};

/// Records the links, freezes the letters, and opens an attempt of each mail that passes the last
/// gate: the lease holds, the request is open (a receipt's need not be), the company is connected,
/// the link is live, and the recipient is not suppressed. A link that exists at Stripe is recorded
/// in any case, as unwanted if the request has another one or is over.
std::vector<std::optional<Attempt>> open_attempts(pqxx::work& tx, std::vector<Opening> openings);

/// The promise that the final dot is about to go out.
struct Promise {
    std::string delivery_id;
    int attempt = 0;
    std::int64_t token = 0;
};

/// False where the dot must not go out: the lease is over, or the request closed.
std::vector<bool> commit_attempts(pqxx::work& tx, std::vector<Promise> promises);

/// What the mail server said, for the record.
struct Answer {
    std::string outcome;  ///< mail::to_string()
    int code = 0;
    std::string reply;
};

/// The mail server took a mail.
struct Acceptance {
    std::string delivery_id;
    int attempt = 0;
    Answer answer;
};

/// Also settles attempts that were already given up as in doubt.
std::vector<bool> record_sent(pqxx::work& tx, std::vector<Acceptance> accepted);

/// The mail may have been accepted: nobody sends it again without a person's word.
bool record_in_doubt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer);

/// The mail was put off; the next try comes after `delay_seconds`. `counts` says whether it used up
/// an attempt.
bool record_deferred(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                     double delay_seconds, bool counts);

/// The attempt ended before the dot, for a reason of our own: the mail is ready again and the lease
/// stays.
bool abandon_attempt(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer);

/// The mail server refused the mail for good, or too often: the attempt is closed, and the request
/// ends as failed when this was its newest own mail. `suppress` puts the recipient on the
/// suppression list.
bool record_refused(pqxx::work& tx, std::string delivery_id, int attempt, Answer answer,
                    std::string reason_code, bool suppress);

}  // namespace paysync::payment_requests::store
