// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/loop/clock.hpp"
#include "daemon/base/mail/pace.hpp"
#include "daemon/base/mail/smtp_sender.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace paysync::mail {

/// All mail accounts, each with its own connections, limits and pauses: one that is down or
/// throttled holds up nobody else's letters.
class Accounts final : public Sender {
public:
    struct Options {
        std::vector<SmtpAccount> accounts;
        std::string default_account;  ///< one of them
        /// How long a letter waits for its turn before it is sent back to the queue.
        std::chrono::milliseconds patience{1000};
        Pace::Pauses down{std::chrono::seconds(5), std::chrono::minutes(5)};
        Pace::Pauses throttled{std::chrono::seconds(30), std::chrono::minutes(10)};
        /// An account stopped taking letters, for the reason given, or takes them again (empty).
        std::function<void(const std::string& account, const std::string& reason)> on_change;
    };

    Accounts(Loop& loop, Clock& clock, Options options);
    ~Accounts() override;

    std::vector<std::string> paused() const override;
    Task<Admission> admit(std::string account, std::string recipient,
                          std::stop_token stop) override;
    Task<Outcome> send(Letter letter, BeforeDot& before_dot, std::stop_token stop) override;

private:
    struct Account;
    class Leave;

    Account* find(const std::string& name);
    Pace& domain_of(Account& account, const std::string& domain);
    Admission not_now(Account& account, Pace& domain) const;
    void learn(Leave& leave, Outcome& outcome);
    void pause(Leave& leave, Outcome& outcome);
    void wake();

    Clock& clock_;
    const Options options_;
    std::map<std::string, std::unique_ptr<Account>> accounts_;
    std::set<std::stop_source*> waiting_;
};

}  // namespace paysync::mail
