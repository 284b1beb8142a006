// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/mail/pace.hpp"
#include "daemon/base/mail/sender.hpp"
#include "daemon/base/mail/smtp_account.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace paysync {
class Clock;
class Loop;
}  // namespace paysync

namespace paysync::mail {

/// All mail accounts of the configuration, each with its own connections (SmtpSender) and limits
/// (Pace): an account that is down or throttled holds up no message of another one, and a domain
/// that is paused holds up no message to another domain.
///
/// A message needs a permit, which takes a place in the account's Pace and in that of the
/// recipient's domain. When the message has ended, `SendResult::rule->pace` says what its account
/// and domain are told:
///
///     admit()  ->  account and domain free?  ->  permit
///     send()   ->  SmtpSender::send()        ->  apply_result(): works, slower or paused
///
/// Belongs to the loop thread.
class MailAccounts final : public Sender {
public:
    struct Options {
        std::vector<SmtpAccount> accounts;
        std::string default_account;  ///< one of them
        /// How long admit() waits before it answers without a permit.
        std::chrono::milliseconds patience{1000};
        /// Pauses after `PaceEffect::stop_account`: the server cannot be used.
        Pace::Pauses down{std::chrono::seconds(5), std::chrono::minutes(5)};
        /// Pauses after `throttle_account` and `pause_domain`: the server wants less of us.
        Pace::Pauses throttled{std::chrono::seconds(30), std::chrono::minutes(10)};
        /// The circuit breaker: when at least so many messages of an account were refused within
        /// this time, and at least this share of those that were decided, it takes no more. Each
        /// refusal fails a payment request, so no further message tries whether it is better. A
        /// refusal that is about the recipient does not count; of those that may be
        /// (Breaker::perhaps), five times as many and a larger share are needed.
        int refusals = 20;
        double refused_share = 0.5;
        int perhaps_refusals = 100;
        double perhaps_share = 0.9;
        std::chrono::milliseconds refusals_within{std::chrono::minutes(10)};
        /// An account stopped taking messages, for the reason given, or takes them again (empty).
        std::function<void(const std::string& account, const std::string& reason)> on_change;
    };

    MailAccounts(Loop& loop, Clock& clock, Options options);
    ~MailAccounts() override;

    std::vector<AccountState> accounts() const override;
    void clear_refusals(const std::string& account) override;
    Task<Admission> admit(std::string account, std::string recipient,
                          std::stop_token stop) override;
    Task<SendResult> send(std::unique_ptr<Permit> permit, OutgoingMessage message,
                          CommitPoint& commit_point, std::stop_token stop) override;

private:
    struct Account;
    struct Domain;
    class AccountPermit;

    Account* find_account(const std::string& name);
    Domain& domain_of(Account& account, const std::string& name);
    Admission not_now(Account& account, Pace& domain) const;
    void apply_result(AccountPermit& permit, const std::string& recipient, SendResult& result);
    static void find_spread(AccountPermit& permit, const std::string& recipient,
                            SendResult& result);
    void count_refusals(Account& account, const SendResult& result) const;
    void wake_waiting();

    Clock& clock_;
    const Options options_;
    std::map<std::string, std::unique_ptr<Account>> accounts_;
    std::set<std::stop_source*> waiting_;  // one for each admit() that waits
};

}  // namespace paysync::mail
