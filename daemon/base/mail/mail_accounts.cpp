// SPDX-License-Identifier: MIT
#include "daemon/base/mail/mail_accounts.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/mail/address.hpp"
#include "daemon/base/mail/smtp_sender.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace paysync::mail {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kManyDomains = 10000;
// Permits for each connection: while one message is sent the next ones are made ready, and are
// stored together.
constexpr int kPermitsPerConnection = 8;
constexpr std::chrono::seconds kUnknownAccountWait(60);
constexpr std::chrono::minutes kLongestWait(10);
constexpr std::size_t kMostRefused = 1000;  // recipients of a domain that are remembered
constexpr std::size_t kMostDecided = 1000;  // results that the circuit breaker looks at

milliseconds from_now(Pace::Time now, Pace::Time then) {
    return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(then - now));
}

}  // namespace

struct MailAccounts::Domain {
    Domain(std::string domain_name, Limits limits) : name(std::move(domain_name)), pace(limits) {}

    std::string name;
    Pace pace;
    std::set<std::string> refused;  // recipients that got a refusal of us since one was accepted
};

struct MailAccounts::Account {
    Account(Loop& loop, SmtpAccount settings)
        : sender(loop, settings),
          pace(Limits{settings.per_second, settings.max_connections * kPermitsPerConnection}) {}

    SmtpSender sender;
    Pace pace;
    std::set<std::string> refused;  // domains with a recipient that got one since one was accepted
    bool down = false;              // and on_change was told
    std::deque<std::pair<Pace::Time, Breaker>>
        decided;           // accepted (no) or refused, within the time
    std::string refusals;  // see AccountState
    std::map<std::string, Domain> domains;
};

/// A place in the paces of an account and of a domain.
class MailAccounts::AccountPermit final : public Permit {
public:
    AccountPermit(MailAccounts& owner, Account& account, Domain& domain, Pace::Time began)
        : owner_(owner), account_(account), domain_(domain), began_(began) {
        account_.pace.begin(began);
        domain_.pace.begin(began);
    }
    ~AccountPermit() override {
        account_.pace.end();
        domain_.pace.end();
        owner_.wake_waiting();
    }
    AccountPermit(const AccountPermit&) = delete;
    AccountPermit& operator=(const AccountPermit&) = delete;

    Account& account() noexcept { return account_; }
    Domain& domain() noexcept { return domain_; }
    Pace::Time began() const noexcept { return began_; }

private:
    MailAccounts& owner_;
    Account& account_;
    Domain& domain_;
    Pace::Time began_;
};

MailAccounts::MailAccounts(Loop& loop, Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {
    for (const auto& account : options_.accounts)
        accounts_.emplace(account.name, std::make_unique<Account>(loop, account));
}

MailAccounts::~MailAccounts() = default;

MailAccounts::Account* MailAccounts::find_account(const std::string& name) {
    const auto found = accounts_.find(name.empty() ? options_.default_account : name);
    return found == accounts_.end() ? nullptr : found->second.get();
}

MailAccounts::Domain& MailAccounts::domain_of(Account& account, const std::string& name) {
    auto& domains = account.domains;
    if (domains.size() >= kManyDomains) {
        const auto now = clock_.now();
        std::erase_if(domains, [now](const auto& entry) {
            return entry.second.refused.empty() && entry.second.pace.is_pristine(now);
        });
        // Domains that never took a message again, or once deferred one.
        if (domains.size() >= kManyDomains)
            std::erase_if(domains, [now](const auto& entry) {
                return entry.second.pace.is_forgettable(now);
            });
    }
    const auto& settings = account.sender.account();
    const auto special = settings.domains.find(name);
    const auto limits = special == settings.domains.end() ? settings.domain : special->second;
    const int connections = limits.connections > 0
                                ? limits.connections
                                : settings.max_connections * kPermitsPerConnection;
    return domains.try_emplace(name, name, Limits{limits.per_second, connections}).first->second;
}

std::vector<AccountState> MailAccounts::accounts() const {
    std::vector<AccountState> states;
    const auto now = clock_.now();
    for (const auto& [name, account] : accounts_) {
        AccountState state;
        state.name = name;
        state.is_default = name == options_.default_account;
        state.paused = account->pace.paused(now) || !account->refusals.empty();
        state.refusals = account->refusals;
        states.push_back(std::move(state));
    }
    return states;
}

void MailAccounts::clear_refusals(const std::string& name) {
    if (Account* const account = find_account(name)) {
        account->refusals.clear();
        account->decided.clear();
    }
}

void MailAccounts::count_refusals(Account& account, const SendResult& result) const {
    const bool accepted = result.rule->outcome == Outcome::accepted;
    const auto counts_as = result.rule->breaker;
    if (!accepted && counts_as == Breaker::no)
        return;
    auto& decided = account.decided;
    const auto now = clock_.now();
    decided.emplace_back(now, counts_as);
    while (now - decided.front().first > options_.refusals_within || decided.size() > kMostDecided)
        decided.pop_front();
    const auto count = [&](Breaker one) {
        return std::count_if(decided.begin(), decided.end(),
                             [&](const auto& entry) { return entry.second == one; });
    };
    const auto too_many = [&](std::ptrdiff_t refused, int most, double share) {
        return refused >= most &&
               static_cast<double>(refused) >= share * static_cast<double>(decided.size());
    };
    const auto surely = count(Breaker::yes);
    const auto refused = surely + count(Breaker::perhaps);
    if (accepted || (!too_many(surely, options_.refusals, options_.refused_share) &&
                     !too_many(refused, options_.perhaps_refusals, options_.perhaps_share)))
        return;
    account.refusals = std::to_string(refused) + " of the last " + std::to_string(decided.size()) +
                       " messages were refused, the last with: " +
                       (result.reply.empty() ? result.problem : result.reply);
}

Admission MailAccounts::not_now(Account& account, Pace& domain) const {
    const auto now = clock_.now();
    Pace& slower = domain.free_at(now) > account.pace.free_at(now) ? domain : account.pace;
    Admission answer;
    answer.paused = slower.paused(now);
    answer.reason = slower.reason();
    if (answer.reason.empty())
        answer.reason = "the limit of the mail account or of the recipient's domain is reached";
    // Full, with no time at which it will not be: another wait of the same length.
    const auto earliest = std::max(slower.free_at(now), now + options_.patience);
    const auto then = answer.paused ? earliest : slower.reserve(now, earliest);
    answer.wait = std::min<milliseconds>(from_now(now, then), kLongestWait);
    return answer;
}

Task<Admission> MailAccounts::admit(std::string name, std::string recipient, std::stop_token stop) {
    Account* const account = find_account(name);
    if (account == nullptr) {
        Admission unknown;
        unknown.wait = kUnknownAccountWait;
        unknown.reason = "no mail account is called " + name;
        unknown.paused = true;
        co_return unknown;
    }
    if (!account->refusals.empty()) {
        Admission held;
        held.wait = kUnknownAccountWait;
        held.reason = account->refusals;
        held.paused = true;
        co_return held;
    }
    const auto domain_name = wire_domain(recipient);
    const auto deadline = clock_.now() + options_.patience;
    for (;;) {
        // Looked up each time: a domain with nothing under way may be erased meanwhile.
        Domain& domain = domain_of(*account, domain_name);
        const auto now = clock_.now();
        const auto free_at = std::max(account->pace.free_at(now), domain.pace.free_at(now));
        const bool full = account->pace.full() || domain.pace.full();
        if (free_at <= now && !full) {
            Admission granted;
            granted.permit = std::make_unique<AccountPermit>(*this, *account, domain, now);
            co_return granted;
        }
        if (free_at > deadline || now >= deadline)
            co_return not_now(*account, domain.pace);
        const auto until = full ? deadline : free_at;
        const auto duration = from_now(now, until);
        std::stop_source woken;
        const auto token = woken.get_token();
        waiting_.insert(&woken);
        const std::stop_callback pass_on(stop, [&woken] { woken.request_stop(); });
        bool stopped = false;
        try {
            co_await clock_.sleep(duration, token);
        } catch (const Cancelled&) {
            stopped = stop.stop_requested();
        }
        waiting_.erase(&woken);
        if (stopped)
            throw Cancelled();
    }
}

void MailAccounts::wake_waiting() {
    // Each of them looks again for itself; there are never more than deliveries being worked on.
    for (auto* const source : std::exchange(waiting_, {}))
        source->request_stop();
}

Task<SendResult> MailAccounts::send(std::unique_ptr<Permit> permit, OutgoingMessage message,
                                    CommitPoint& commit_point, std::stop_token stop) {
    // A parameter would live as long as the caller keeps the task.
    const auto held = std::move(permit);
    auto& place = static_cast<AccountPermit&>(*held);
    auto& sender = place.account().sender;
    const auto recipient = message.to;
    auto result = co_await sender.send(std::move(message), commit_point, stop);
    apply_result(place, recipient, result);
    co_return result;
}

void MailAccounts::find_spread(AccountPermit& permit, const std::string& recipient,
                               SendResult& result) {
    auto& domains = permit.account().refused;
    auto& recipients = permit.domain().refused;
    if (result.rule->outcome == Outcome::accepted) {
        domains.clear();
        recipients.clear();
    }
    const bool has_recipient = result.end.stage >= Stage::rcpt;
    if (result.end.by != EndedBy::server || result.end.topic != Topic::us || !has_recipient)
        return;
    if (recipients.size() >= kMostRefused)
        recipients.clear();
    // The same recipient once more says nothing about the others.
    if (!recipients.insert(recipient).second)
        return;
    domains.insert(permit.domain().name);
    if (domains.size() > 1)
        result.set_spread(Spread::account);
    else if (recipients.size() > 1)
        result.set_spread(Spread::domain);
}

void MailAccounts::apply_result(AccountPermit& permit, const std::string& recipient,
                                SendResult& result) {
    find_spread(permit, recipient, result);
    auto& account = permit.account();
    auto& domain = permit.domain().pace;
    const auto& name = account.sender.account().name;
    const auto& reason = result.reply.empty() ? result.problem : result.reply;
    const auto report = [&](const std::string& why) {
        if (options_.on_change)
            options_.on_change(name, why);
    };
    const auto pause = [&](Pace& pace, const Pace::Pauses& pauses) {
        const auto now = clock_.now();
        pace.failed(permit.began(), now, pauses, reason);
        result.wait = from_now(now, pace.free_at(now));
    };
    const auto account_works = [&] {
        if (account.pace.succeeded(permit.began()) && std::exchange(account.down, false))
            report("");
    };
    const auto pause_account = [&](const Pace::Pauses& pauses) {
        pause(account.pace, pauses);
        if (!std::exchange(account.down, true))
            report(reason);
    };
    count_refusals(account, result);
    switch (result.rule->pace) {
        case PaceEffect::none:
            break;
        case PaceEffect::account_works:
            account_works();
            break;
        case PaceEffect::both_work:
            account_works();
            domain.succeeded(permit.began());
            break;
        case PaceEffect::slow_domain:
            account_works();
            domain.shrink_window();
            break;
        case PaceEffect::pause_domain:
            account_works();
            pause(domain, options_.throttled);
            break;
        case PaceEffect::throttle_account:
            pause_account(options_.throttled);
            break;
        case PaceEffect::stop_account:
            pause_account(options_.down);
            break;
    }
}

}  // namespace paysync::mail
