// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of what mail servers report about mails that were sent.
namespace paysync::payment_requests::store {

/// What is reported about one recipient of a mail.
struct Report {
    std::string source;  ///< where it comes from: the same source is heard once
    std::string message_id;
    std::string request_id;  ///< may be empty, as may the next
    std::string kind;
    std::string recipient;
    std::string action;
    std::string status;
    std::string diagnostic;
};

/// Takes reports together and yields for each what became of it: `bounced`, `settled` (it was in
/// doubt and did arrive), `noted`, `known` (heard before) or `unknown` (no mail of ours).
std::vector<std::string> take_reports(pqxx::work& tx, std::vector<Report> reports);

}  // namespace paysync::payment_requests::store
