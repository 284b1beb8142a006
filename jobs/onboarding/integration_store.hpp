// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/command_store.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// SQL of integrations: the Stripe account of a company, as last read, and its stage
/// (`pay_private.integration`, `pay_private.stage_event`). Functions that take a CommandLease write
/// on behalf of a command and throw LeaseLost.
namespace paysync::onboarding::store {

/// A stage that has changed, for the log.
struct StageChange {
    std::string company;
    std::string account_id;
    std::string from;  ///< empty for a new integration
    std::string to;
    std::string detail;
};

/// Stores the answer of `GET /v1/accounts/{id}`: writes what differs from the stored row, and a
/// stage event if the stage changed. An unchanged account costs no write. `cause` says who read it
/// (a command's kind, `hot`, `diagnosis`); `request_id` is Stripe's, the evidence of the read.
std::vector<StageChange> record_account(pqxx::work& tx, std::string body, std::string cause,
                                        std::string request_id);

/// The account is linked to another company.
class AccountInUse final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Links the account in `body` to the company and makes it the company's current one: a new
/// account, or one that comes back. An earlier current account of the company stops being current.
/// `origin` is `new` or `existing`. Throws AccountInUse.
std::vector<StageChange> link_account(pqxx::work& tx, CommandLease lease, std::string company,
                                      std::string body, bool livemode, std::string origin,
                                      std::string email_of_record, std::string cause,
                                      std::string request_id);

/// An onboarding link was issued; it expires at `expires_at` (Unix seconds). Until then the stage
/// is `pending` rather than `incomplete`.
void onboarding_link_issued(pqxx::work& tx, CommandLease lease, std::string account_id,
                            std::int64_t expires_at);

/// The person has returned from the form, so the link is used up. The next read decides the stage.
void onboarding_link_used(pqxx::work& tx, std::string account_id);

/// Makes the account active for `seconds`: ActiveOnboardingJob reads it often, from now on.
void start_active_reads(pqxx::work& tx, std::string account_id, double seconds);

/// Claims up to `limit` active accounts that are due. The next read is due `fastest` seconds later;
/// this pause grows by `fastest` with every 12 reads, up to `slowest`.
std::vector<std::string> claim_active_accounts(pqxx::work& tx, int limit, double fastest,
                                               double slowest);

/// The read of a claimed account failed: restores the time of its last successful read, which says
/// since when the stored state is known.
void active_read_failed(pqxx::work& tx, std::string account_id);

/// Disconnects the account because the company asked for it: no more reads, messages or live
/// payment links; the history stays.
void disconnect_account(pqxx::work& tx, CommandLease lease, std::string account_id,
                        std::string cause);

/// Number of payment links of the account that are live at Stripe. Links that could not be switched
/// off in five tries are not counted, so that they do not block a disconnect for ever.
int count_live_payment_links(pqxx::work& tx, std::string account_id);

/// A present or former account of a company.
struct KnownIntegration {
    std::string account_id;
    std::string email_of_record;
    std::string stage;
};

std::optional<KnownIntegration> find_integration(pqxx::work& tx, std::string company,
                                                 std::string account_id);

}  // namespace paysync::onboarding::store
