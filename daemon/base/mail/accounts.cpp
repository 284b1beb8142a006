// SPDX-License-Identifier: MIT
#include "daemon/base/mail/accounts.hpp"

#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/mail/address.hpp"

#include <algorithm>
#include <utility>

namespace paysync::mail {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kManyDomains = 10000;
// Letters with leave for each connection: while one is sent the next ones are made ready, and are
// stored together.
constexpr int kAhead = 8;
constexpr auto kUnknownAccount = 60s;
constexpr auto kLongestPromise = 10min;

milliseconds from_now(Pace::Time now, Pace::Time then) {
    return std::max(1ms, std::chrono::ceil<milliseconds>(then - now));
}

}  // namespace

struct Accounts::Account {
    Account(Loop& loop, SmtpAccount settings)
        : sender(loop, settings),
          pace(Limits{settings.per_second, settings.max_connections * kAhead}),
          down(false) {}

    SmtpSender sender;
    Pace pace;
    bool down;  // and said so
    std::map<std::string, Pace> domains;
};

/// A place among the letters of an account and of a domain.
class Accounts::Leave final : public Permit {
public:
    Leave(Accounts& owner, Account& account, Pace& domain, Pace::Time began)
        : owner_(owner), account_(account), domain_(domain), began_(began) {
        account_.pace.begin(began);
        domain_.begin(began);
    }
    ~Leave() override {
        account_.pace.end();
        domain_.end();
        owner_.wake();
    }
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;

    Account& account() noexcept { return account_; }
    Pace& domain() noexcept { return domain_; }
    Pace::Time began() const noexcept { return began_; }

private:
    Accounts& owner_;
    Account& account_;
    Pace& domain_;
    Pace::Time began_;
};

Accounts::Accounts(Loop& loop, Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {
    for (const auto& account : options_.accounts)
        accounts_.emplace(account.name, std::make_unique<Account>(loop, account));
}

Accounts::~Accounts() = default;

Accounts::Account* Accounts::find(const std::string& name) {
    const auto found = accounts_.find(name.empty() ? options_.default_account : name);
    return found == accounts_.end() ? nullptr : found->second.get();
}

Pace& Accounts::domain_of(Account& account, const std::string& domain) {
    auto& domains = account.domains;
    if (domains.size() >= kManyDomains) {
        const auto now = clock_.now();
        std::erase_if(domains, [now](const auto& entry) { return entry.second.forgettable(now); });
    }
    const auto& settings = account.sender.account();
    const auto special = settings.domains.find(domain);
    const auto limits = special == settings.domains.end() ? settings.domain : special->second;
    const int connections =
        limits.connections > 0 ? limits.connections : settings.max_connections * kAhead;
    return domains.try_emplace(domain, Limits{limits.per_second, connections}).first->second;
}

std::vector<std::string> Accounts::paused() const {
    std::vector<std::string> names;
    const auto now = clock_.now();
    for (const auto& [name, account] : accounts_) {
        if (!account->pace.paused(now))
            continue;
        names.push_back(name);
        if (name == options_.default_account)
            names.emplace_back();
    }
    return names;
}

Admission Accounts::not_now(Account& account, Pace& domain) const {
    const auto now = clock_.now();
    Pace& slower = domain.free_at(now) > account.pace.free_at(now) ? domain : account.pace;
    Admission answer;
    answer.unusual = slower.paused(now);
    answer.reason = slower.reason();
    if (answer.reason.empty())
        answer.reason = "the limit of the mail account or of the recipient's domain is reached";
    // Busy without a time: whoever waits now is served within about as long again.
    const auto earliest = std::max(slower.free_at(now), now + options_.patience);
    const auto then = answer.unusual ? earliest : slower.promise(now, earliest);
    answer.wait = std::min<milliseconds>(from_now(now, then), kLongestPromise);
    return answer;
}

Task<Admission> Accounts::admit(std::string name, std::string recipient, std::stop_token stop) {
    Account* const account = find(name);
    if (account == nullptr) {
        Admission unknown;
        unknown.wait = kUnknownAccount;
        unknown.reason = "no mail account is called " + name;
        unknown.unusual = true;
        co_return unknown;
    }
    const auto domain_name = wire_domain(recipient);
    const auto deadline = clock_.now() + options_.patience;
    for (;;) {
        // Looked up each time: while nobody is under way a domain may be forgotten.
        Pace& domain = domain_of(*account, domain_name);
        const auto now = clock_.now();
        const auto free_at = std::max(account->pace.free_at(now), domain.free_at(now));
        const bool full = account->pace.full() || domain.full();
        if (free_at <= now && !full) {
            Admission granted;
            granted.permit = std::make_unique<Leave>(*this, *account, domain, now);
            co_return granted;
        }
        if (free_at > deadline || now >= deadline)
            co_return not_now(*account, domain);
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

void Accounts::wake() {
    // Each looks again for itself; there are never more than letters being worked on.
    for (auto* const source : std::exchange(waiting_, {}))
        source->request_stop();
}

Task<Outcome> Accounts::send(Letter letter, BeforeDot& before_dot, std::stop_token stop) {
    auto permit = std::move(letter.permit);
    if (!permit) {
        auto admission = co_await admit(letter.account, letter.to, stop);
        if (!admission.permit) {
            Outcome held;
            held.result = admission.unusual ? Result::account_down : Result::throttled;
            held.scope = Scope::account;
            held.problem = admission.reason;
            held.wait = admission.wait;
            co_return held;
        }
        permit = std::move(admission.permit);
    }
    auto& leave = static_cast<Leave&>(*permit);
    auto& sender = leave.account().sender;
    auto outcome = co_await sender.send(std::move(letter), before_dot, stop);
    learn(leave, outcome);
    co_return outcome;
}

void Accounts::learn(Leave& leave, Outcome& outcome) {
    auto& account = leave.account();
    if (outcome.scope == Scope::account) {
        pause(leave, outcome);
        return;
    }
    // Whatever it says about the letter: the server is there and talks to us.
    if (account.pace.succeeded(leave.began()) && std::exchange(account.down, false) &&
        options_.on_change)
        options_.on_change(account.sender.account().name, "");
    if (outcome.result == Result::accepted)
        leave.domain().succeeded(leave.began());
    else if (outcome.result == Result::throttled)
        pause(leave, outcome);
    else if (outcome.scope == Scope::domain)
        leave.domain().put_off();
}

void Accounts::pause(Leave& leave, Outcome& outcome) {
    const auto now = clock_.now();
    const bool throttled = outcome.result == Result::throttled;
    auto& pace = outcome.scope == Scope::account ? leave.account().pace : leave.domain();
    const auto reason = outcome.reply.empty() ? outcome.problem : outcome.reply;
    pace.failed(leave.began(), now, throttled ? options_.throttled : options_.down, reason);
    outcome.wait = from_now(now, pace.free_at(now));
    auto& account = leave.account();
    if (outcome.scope == Scope::account && !std::exchange(account.down, true) && options_.on_change)
        options_.on_change(account.sender.account().name, reason);
}

}  // namespace paysync::mail
