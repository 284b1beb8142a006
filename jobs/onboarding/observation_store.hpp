// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/integration_store.hpp"
#include "jobs/stripe/account.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// SQL of one read of an account: compares Stripe's answer with the stored row and writes what
/// differs. Every reader writes through here (see stage.hpp).
namespace paysync::onboarding::store {

/// The stored row of an integration before it is compared with a read.
struct StoredIntegration {
    std::string company;
    std::string stage;  ///< empty for an integration that is just being created
    std::string hash;   ///< fingerprint of the last read
    std::string detail;
    bool ever_completed = false;
    bool flow_open = false;  ///< an onboarding link is neither used nor expired
    bool lost = false;       ///< disconnected by the diagnosis; a read connects it again
    bool has_settings =
        false;                ///< the company has settings, so those that Stripe shows are recorded
    std::string seen_before;  ///< time of the read before; empty if there was none
};

/// The rows of these accounts that a read may change, by account id. Accounts that are not ours, or
/// were disconnected on request, are left out. `lock` locks the rows in a fixed order for a write.
std::map<std::string, StoredIntegration> load_integrations(pqxx::work& tx,
                                                           const std::vector<std::string>& accounts,
                                                           bool lock);

struct Difference {
    bool any = false;    ///< something differs
    bool stage = false;  ///< the stage differs
};

/// Compares fingerprint, stage and detail.
Difference compare(const stripe::Account& account, const StoredIntegration& row);

/// Writes the account if it differs from the row, and a stage event if the stage differs; returns
/// the latter.
std::optional<StageChange> write_if_changed(pqxx::work& tx, const stripe::Account& account,
                                            const StoredIntegration& row, const std::string& cause,
                                            const std::string& request_id);

}  // namespace paysync::onboarding::store
