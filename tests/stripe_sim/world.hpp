// SPDX-License-Identifier: MIT
#pragma once

#include "tests/stripe_sim/account.hpp"
#include "tests/stripe_sim/clock.hpp"
#include "tests/stripe_sim/error.hpp"
#include "tests/stripe_sim/generated_accounts.hpp"
#include "tests/stripe_sim/ids.hpp"
#include "tests/stripe_sim/json.hpp"
#include "tests/stripe_sim/options.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace stripe_sim {

/// How a buyer pays.
struct PayInput {
    /// `ok`, `declined` (or a decline code of Stripe's), or `delayed` (`ok` by a bank debit). A
    /// card on a link with `capture_method=manual` is only authorised by `ok`.
    std::string outcome = "ok";
    /// A name of payment_methods(); empty = a card. Delayed ones stay pending until settle().
    std::string method;
    /// Virtual seconds after which a delayed payment settles by itself, and its outcome; 0 = never.
    int64_t settle_after = 0;
    std::string settle_outcome = "ok";
    std::string email;
    std::string name;
    /// An open session to complete; empty = a new one.
    std::string session;
    std::string client_reference_id;
    /// Only authorises a card, as the platform's own PaymentIntent with `capture_method=manual`
    /// does.
    bool manual = false;
    /// Pays even an inactive or used-up link, as a buyer does who races another.
    bool force = false;
};

/// One row for an account's ledger.
struct LedgerEntry {
    std::string type;
    std::string category;
    int64_t amount = 0;
    std::string currency;
    std::string source;
    std::string description;
    int64_t stripe_fee = 0;
    int64_t application_fee = 0;
    int64_t available_on = 0;
};

/// How the list of events differs from the truth; the default is a correct list.
struct EventFaults {
    /// Only events whose type begins with this; empty = all.
    std::string type;
    /// Virtual milliseconds until an event is visible.
    int64_t late_ms = 0;
    /// The maximum seconds by which `created` is early or late, so that events are listed in
    /// another order.
    int64_t shuffle = 0;
    /// The share of events that never appear.
    double omit = 0;
};

/// The state of the simulated Stripe and its rules, without HTTP. Every public function takes the
/// lock itself; a caller that needs several at once holds lock(). Functions throw ApiError.
class World {
public:
    explicit World(const Options& options);

    using Lock = std::unique_lock<std::recursive_mutex>;
    Lock lock();
    const Options& options() const { return options_; }
    Clock& clock() { return clock_; }
    Ids& ids() { return ids_; }
    /// The virtual time in Unix seconds (inside a scheduled step: the time at which it was due).
    int64_t now() const;
    int64_t now_ms() const;
    /// Moves the clock and runs the steps that fall due meanwhile, in order.
    void advance(int64_t seconds);
    void run_due();
    /// Runs the step when the clock reaches the time.
    void schedule(int64_t at, std::function<void()> step);
    /// The address of the hosted pages; the server sets it once it listens.
    void set_public_url(const std::string& url);
    std::string public_url();
    /// Objects made from now on are listed only after this many milliseconds; 0 = at once.
    void set_visibility_delay(int64_t ms);
    /// The current request, for the events that it causes.
    void set_request(const std::string& id, const std::string& idempotency_key);
    /// The current request as events show it.
    Json request_json() const;
    /// Seconds by which the clock of the answering server is wrong.
    void set_skew(int64_t seconds);
    /// Ends the current request with its skew and its visibility delay.
    void end_request();
    /// How the events of `/v1/events` differ from the truth from now on.
    void set_event_faults(const EventFaults& faults);
    Json counts();

    // Accounts
    Account& platform() { return *platform_; }
    Collection& account_objects() { return account_objects_; }
    /// The account if the platform has access to it (or it is the platform), else nothing.
    Account* access(const std::string& id);
    /// As access(), for a caller that continues without the lock: the account outlives the pointer.
    std::shared_ptr<Account> hold(const std::string& id);
    /// Whether access() would find it; stores nothing.
    bool accessible(const std::string& id);
    /// Any account that was ever made. Throws ApiError if there is none.
    Account& account(const std::string& id);
    /// Calls `visit` with every account but the platform.
    void each_account(const std::function<void(Account&)>& visit);
    Json account_json(const std::string& id);
    Json create_account(const Json& params, bool connected = true);
    Json update_account(const std::string& id, const Json& params);
    Json delete_account(const std::string& id);
    /// Edits the account's v1 object and makes the events that follow from the difference.
    Json save_account(const std::string& id, const std::function<void(Json&)>& edit);
    /// The owner (or the platform, by OAuth) ends the connection.
    void deauthorize(const std::string& id);
    void reconnect(const std::string& id, const std::string& scope = "read_write");
    /// Merges the patch into the account: requirements, charges_enabled, payouts_enabled,
    /// disabled_reason …
    Json set_account(const std::string& id, const Json& patch);
    /// Meets every due requirement; the account is enabled after the review (seconds of virtual
    /// time).
    void complete_onboarding(const std::string& id, int64_t review_seconds = 0);
    /// The duration of the review of forms submitted on the hosted page; 0 = no review.
    void set_review_seconds(int64_t seconds) { review_seconds_ = seconds; }

    // Account links
    struct OnboardingVisit {
        std::string account;
        std::string url;
        bool usable = false;
        /// The requirements that the form asks for.
        std::vector<std::string> fields;
    };
    Json create_account_link(const Json& params);
    /// Opens the hosted page and uses the link up. If it is not usable, `url` is the refresh URL.
    OnboardingVisit open_onboarding(const std::string& token);
    /// Submits the hosted form and returns the browser's next URL. `form` has `action` (submit or
    /// later), `document` (accepted or rejected), and values by the names of the requirements.
    std::string submit_onboarding(const std::string& token, const Json& form);

    /// A link to the Express dashboard, and the account that such a link opens, once.
    Json create_login_link(const std::string& account);
    std::string open_login_link(const std::string& token);

    // OAuth
    std::string authorize(const std::string& account, const std::string& scope);
    Json exchange_code(const std::string& code);
    Json refresh_token(const std::string& token, const std::string& scope);

    // Payment links and payments
    Json create_payment_link(const std::string& account, const Json& params);
    Json update_payment_link(const std::string& account, const std::string& id, const Json& params);
    /// The account of a link; nothing if there is no such link.
    Account* link_owner(const std::string& link);
    Json link_json(const std::string& link);
    /// Whether the link can be paid now.
    bool link_open(const Json& link) const;
    Json open_session(const std::string& link, const std::string& client_reference_id = "");
    /// Pays a link; returns {session, payment_intent, charge, status}.
    Json pay(const std::string& link, const PayInput& input = {});
    /// Ends a delayed payment: `ok` or a failure code. A failure may also reverse a payment that
    /// had succeeded, as banks do; `row` is the type of its ledger row.
    Json settle(const std::string& charge, const std::string& outcome = "ok",
                const std::string& row = "payment_reversal");
    /// Captures an authorisation of a link with `capture_method=manual`: all of it, or `amount`.
    /// The rest is released: `amount_refunded` and a refund without a ledger row.
    Json capture(const std::string& charge, int64_t amount = 0);
    /// Ends an authorisation that nobody captured, for the seller or because it has expired: a
    /// refund of all of it, without a ledger row.
    Json release(const std::string& charge, bool expired = false);
    /// The owner switches a link off, or on again, in Stripe's dashboard.
    Json switch_link(const std::string& link, bool active);
    /// Makes charges without a link: amount, currency, count, metadata, description, outcome,
    /// email, created, spacing, application_fee_amount. Returns their ids.
    Json add_charges(const std::string& account, const Json& params);

    // Refunds, disputes and payouts
    Json refund(const std::string& account, const Json& params);
    /// Lets a refund succeed or fail: status `succeeded|failed|canceled`.
    Json update_refund(const std::string& refund, const std::string& status,
                       const std::string& failure_reason = "lost_or_stolen_card");
    Json open_dispute(const std::string& charge, const Json& params = Json::object());
    Json update_dispute(const std::string& dispute, const std::string& status);
    Json make_payout(const std::string& account, const Json& params = Json::object());
    /// Pays the available balance out at each midnight (UTC), by the account's schedule.
    void pay_out_daily(const std::string& account, bool on);
    Json update_payout(const std::string& payout, const std::string& status,
                       const std::string& failure_code = "account_closed");

    // Ledger
    Record& post(Account& account, const LedgerEntry& entry);
    Json balance(const std::string& account);

    // Generated parts: computed from the seed on demand, stored only once they change
    /// Adds `accounts` accounts, or `charges` charges to the account `account`. Returns what exists
    /// now.
    Json generate(const Json& params);
    /// Counts and sums by currency of an account's charges, refunds and balance transactions
    /// created in this range, as its lists show them.
    Json sums(const std::string& account, const TimeRange& created);

    // Objects
    /// The object's text, wherever it is stored within the account.
    Text lookup(Account& account, const std::string& id);
    Record& add(Collection& collection, Json object,
                std::vector<std::pair<const char*, std::string>> fields = {});
    /// Parses, edits and stores the object again.
    Json change(Record& record, const std::function<void(Json&)>& edit);
    void emit(Account& account, const std::string& type, const std::string& object,
              const Json& previous = nullptr);
    /// The account that has the object with this id in this kind of collection.
    Account& owner(Collection Account::*kind, const std::string& id, const char* name);

private:
    struct OnboardingLink {
        std::string account, refresh_url, return_url;
        int64_t expires_at = 0;
        bool eventually = false, future = false;
        bool opened = false, submitted = false;
    };
    struct OAuthCode {
        std::string account, scope;
        int64_t expires_at = 0;
        bool used = false;
    };

    std::vector<std::string> asked_fields(const OnboardingLink& link);
    Json tokens(const OAuthCode& grant);
    Account& make_account(const std::string& id);
    /// The computed account with this id and its charges; nothing if there is none.
    Account* make_generated(const std::string& id);
    /// Drops the oldest unchanged computed accounts.
    void forget_pristine();
    Account* generated_owner(const std::string& object);
    Json generate_accounts(const Json& params);
    Json generate_charges(const Json& params);
    std::shared_ptr<const ChargeTemplates> charge_templates(const std::string& country,
                                                            const std::string& currency,
                                                            bool platform, const Json& params);
    Json new_line_item(const Json& params, const std::string& param);
    Json make_intent(Account& account, const Json& base);
    Json attempt(Account& account, Record& intent, const PayInput& input, int64_t created);
    /// Takes `amount`, which is less than the charge's for a partial capture.
    void succeed(Account& account, Record& charge, Record& intent, int64_t amount);
    void authorize(Account& account, Record& charge, Record& intent);
    void add_released(Account& account, Record& charge, int64_t amount, bool expired);
    /// The charge if it is an authorisation that was neither captured nor released. Throws ApiError
    /// otherwise.
    Record& authorized(const std::string& charge);
    void fail(Account& account, Record& charge, Record& intent, const std::string& code,
              const std::string& row = "payment_reversal");
    void schedule_payout(Account& seller);
    int64_t convert(Account& account, int64_t amount, const std::string& currency, Json& object);

    Options options_;
    mutable std::recursive_mutex mutex_;
    Clock clock_;
    Ids ids_;
    std::string public_url_;
    int64_t visibility_delay_ms_ = 0;
    int64_t skew_ms_ = 0;
    EventFaults event_faults_;
    int64_t review_seconds_ = 0;
    int64_t acting_at_ = 0;
    std::string request_id_, request_key_;
    std::multimap<int64_t, std::function<void()>> due_;
    std::unordered_map<std::string, std::shared_ptr<Account>> accounts_;
    std::vector<std::shared_ptr<GeneratedAccounts>> generated_;
    uint64_t generated_accounts_ = 0;
    uint64_t generated_batches_ = 0;
    /// Computed accounts in accounts_ that nothing has changed so far.
    std::deque<std::string> visited_;
    std::unordered_map<std::string, Account*> link_owners_;
    Collection account_objects_;
    Account* platform_ = nullptr;
    std::map<std::string, OnboardingLink> onboarding_;
    std::map<std::string, std::string> login_links_;
    std::map<std::string, OAuthCode> codes_;
    std::map<std::string, OAuthCode> refresh_tokens_;
};

}  // namespace stripe_sim
