// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is known about every POST to Stripe, written down before its first byte leaves. After a
/// crash the same bytes go out again under the same key, and Stripe does the work once.
namespace paysync::stripe {

/// A POST as it was first meant.
struct StoredCall {
    std::string key;
    std::string account;  ///< empty: the platform's own
    std::string path;
    std::string body;
    std::int64_t age_seconds = 0;  ///< by the database's clock
    std::optional<int> status;     ///< none: not known to have ended
    std::string object_id;         ///< what Stripe made; empty while unknown
};

/// Stripe forgets keys after a day: an unfinished call that is older is looked for before it is
/// made again.
inline constexpr std::int64_t kKeyLifeSeconds = 23 * 3600;

/// A POST that is about to be made.
struct NewCall {
    std::string key;
    std::string account;  ///< empty: the platform's own
    std::string path;
    std::string body;
    std::string purpose;  ///< what it is for, as a word
    std::string subject;  ///< the row that wants it
};

/// Notes the calls, unless their keys are known, and yields what is noted, in their order: a known
/// call's own account, path and body win over the arguments. The transaction must commit before
/// anything is sent.
std::vector<StoredCall> begin_calls(pqxx::work& tx, std::vector<NewCall> calls);

/// As begin_calls(), for one.
StoredCall begin_call(pqxx::work& tx, std::string key, std::string account, std::string path,
                      std::string body, std::string purpose, std::string subject);

/// How a call ended.
struct EndedCall {
    std::string key;
    int status = 0;
    std::string object_id;   ///< what Stripe made
    std::string request_id;  ///< Stripe's own name for the call
};
void finish_calls(pqxx::work& tx, const std::vector<EndedCall>& calls);

/// As finish_calls(), for one.
void finish_call(pqxx::work& tx, std::string key, int status, std::string object_id,
                 std::string request_id);

}  // namespace paysync::stripe
