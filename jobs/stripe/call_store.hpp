// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/db/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>

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

/// Notes the call, unless its key is known, and yields what is noted: a known call's own account,
/// path and body win over the arguments. The transaction must commit before anything is sent.
StoredCall begin_call(pqxx::work& tx, std::string key, std::string account, std::string path,
                      std::string body, std::string purpose, std::string subject);

/// Notes how the call ended.
void finish_call(pqxx::work& tx, std::string key, int status, std::string object_id,
                 std::string request_id);

}  // namespace paysync::stripe
