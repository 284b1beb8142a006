// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/onboarding/command_store.hpp"
#include "jobs/onboarding/stage.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// SQL of integrations: what was seen of each company's Stripe account, and its stages. What a
/// command does takes the command's lease and throws LeaseLost when another daemon has it.
namespace paysync::onboarding::store {

/// A stage that changed, for the log.
struct Change {
    std::string company;
    std::string account_id;
    std::string from;  ///< empty for a new integration
    std::string to;
    std::string detail;
};

/// Takes the answer of `GET /v1/accounts/{id}`: writes what differs from what is stored, and the
/// event of a stage that changed. `request_id` is Stripe's, the proof of the read.
std::vector<Change> observe_account(pqxx::work& tx, std::string body, std::string cause,
                                    std::string request_id);

/// The account belongs to another company.
class AccountInUse final : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Links a company to the account in `body` (a new one, or one that comes back) and takes its
/// state; another account of the company stops being its current one. Throws AccountInUse.
std::vector<Change> adopt(pqxx::work& tx, Lease lease, std::string company, std::string body,
                          bool livemode, std::string origin, std::string email_of_record,
                          std::string cause, std::string request_id);

/// An onboarding link is out until `expires_at` (Unix seconds): the account is hot, and "pending"
/// rather than "incomplete" meanwhile.
void flow_opened(pqxx::work& tx, Lease lease, std::string account_id, std::int64_t expires_at);

/// The person came back from the form: its link counts as used up, and the next read decides.
void flow_closed(pqxx::work& tx, std::string account_id);

/// Reads this account often from now on, for `seconds`.
void heat(pqxx::work& tx, std::string account_id, double seconds);

/// Takes up to `limit` hot accounts that are due. Each is due again after `fastest` seconds, and
/// after more with every read, up to `slowest`. Accounts whose onboarding link has just expired are
/// among them.
std::vector<std::string> claim_hot(pqxx::work& tx, int limit, double fastest, double slowest);

/// The read of a hot account was not answered: it proves nothing about when a change happened.
void hot_read_failed(pqxx::work& tx, std::string account_id);

/// The company's wish, not Stripe's word: no reads, no mails, no live links any more; the history
/// stays.
void disconnect(pqxx::work& tx, Lease lease, std::string account_id, std::string cause);

/// How many payment links of the account are still live at Stripe, without those that could not be
/// switched off in several tries.
int live_links(pqxx::work& tx, std::string account_id);

/// A company's earlier or present account.
struct Known {
    std::string account_id;
    std::string email_of_record;
    std::string stage;
};

/// The company's integration with this account, if it ever had one.
std::optional<Known> find(pqxx::work& tx, std::string company, std::string account_id);

}  // namespace paysync::onboarding::store
