// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of bounces: mail servers' reports about messages that were sent.
namespace paysync::payment_requests::store {

/// A report about one recipient of a message. All but `source` and `recipient` may be empty.
struct BounceReport {
    std::string source;  ///< where it was read, `maildir:NAME`; the same source counts once
    std::string message_id;
    std::string request_id;
    std::string kind;
    std::string recipient;
    std::string action;
    std::string status;
    std::string diagnostic;
};

/// Applies reports to the deliveries they are about. Returns for each: `bounced` (the delivery is
/// now bounced), `settled` (it was in doubt and has arrived), `noted` (stored, nothing changes),
/// `known` (this source was applied before) or `unknown` (about no delivery of ours).
std::vector<std::string> apply_bounces(pqxx::work& tx, std::vector<BounceReport> reports);

}  // namespace paysync::payment_requests::store
