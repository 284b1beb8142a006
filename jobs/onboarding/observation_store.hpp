// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/onboarding/stage.hpp"
#include "jobs/stripe/account.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// SQL of one observation: comparing an account with what is stored of it, and writing what
/// differs.
namespace paysync::onboarding::store {

/// What the database knows of an integration before a read.
struct Row {
    std::string company;
    std::string stage;  ///< empty while the row is being adopted
    std::string hash;
    std::string detail;
    bool ever_completed = false;
    bool flow_open = false;
    bool lost = false;          ///< found disconnected by diagnosis: it may come back
    bool has_settings = false;  ///< the company asked for settings, so what Stripe shows is noted
    std::string seen_before;    ///< when the stored state was last read at Stripe, empty if never
};

/// The rows of these accounts that a read may change, in a fixed order, locked if they are about to
/// be written.
std::map<std::string, Row> rows_of(pqxx::work& tx, const std::vector<std::string>& accounts,
                                   bool lock);

/// Whether the account differs from the row, and whether its stage does.
struct Difference {
    bool any = false;
    bool stage = false;
};
Difference compare(const stripe::Account& account, const Row& row);

/// Writes the account when it differs from the row, and its stage event when the stage does.
std::optional<Change> write(pqxx::work& tx, const stripe::Account& account, const Row& row,
                            const std::string& cause, const std::string& request_id);

}  // namespace paysync::onboarding::store
