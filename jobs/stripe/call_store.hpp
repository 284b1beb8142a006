// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Every POST to Stripe is stored, with its idempotency key and body, before its first byte is sent
/// (pay_private.stripe_call). After a crash the same bytes are sent again under the same key, and
/// Stripe does the work once.
namespace paysync::stripe {

/// A POST as it was stored first.
struct StoredCall {
    std::string key;
    std::string account;  ///< empty: the platform's own
    std::string path;
    std::string body;
    std::int64_t age_seconds = 0;  ///< since it was stored, by the database's clock
    std::optional<int> status;     ///< HTTP status; nothing: not known to have ended
    std::string object_id;         ///< id of what Stripe created; empty while unknown
};

/// Stripe forgets keys after a day. For an unfinished call that is older, the caller first looks
/// for the object that it may have created.
inline constexpr std::int64_t kKeyLifeSeconds = 23 * 3600;

/// A POST that is about to be sent.
struct NewCall {
    std::string key;
    std::string account;  ///< empty: the platform's own
    std::string path;
    std::string body;
    std::string purpose;  ///< for people: "payment_link"
    std::string subject;  ///< id of the row that needs it
};

/// Stores the calls and returns them, in their order. A call whose key is stored already is
/// returned as it was stored, whatever the arguments are. The transaction must commit before
/// anything is sent.
std::vector<StoredCall> begin_calls(pqxx::work& tx, std::vector<NewCall> calls);

/// As begin_calls(), for one call.
StoredCall begin_call(pqxx::work& tx, std::string key, std::string account, std::string path,
                      std::string body, std::string purpose, std::string subject);

/// The end of a call.
struct EndedCall {
    std::string key;
    int status = 0;          ///< 0: it was given up without an answer, and nothing came of it
    std::string object_id;   ///< id of what Stripe created
    std::string request_id;  ///< Stripe's Request-Id
};

/// Stores how calls ended.
void finish_calls(pqxx::work& tx, const std::vector<EndedCall>& calls);

/// As finish_calls(), for one call.
void finish_call(pqxx::work& tx, std::string key, int status, std::string object_id,
                 std::string request_id);

}  // namespace paysync::stripe
