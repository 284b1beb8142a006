// SPDX-License-Identifier: MIT
#include "jobs/payment_requests/send_job.hpp"

#include "daemon/base/db/errors.hpp"
#include "daemon/base/log/line.hpp"
#include "daemon/base/loop/cancelled.hpp"
#include "daemon/base/loop/task_group.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/frame/lease_keeper.hpp"
#include "jobs/payment_requests/dispatch.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/payment_requests/shared_writes.hpp"
#include "jobs/payment_requests/slots.hpp"
#include "jobs/stripe/error.hpp"

#include <algorithm>
#include <utility>

namespace paysync::payment_requests {

namespace {

using std::chrono::milliseconds;

/// While deliveries are under way and no other is due: how often the queue is asked again. The
/// pause doubles up to the longest one while nothing is found.
constexpr milliseconds kAskAgain(100);
constexpr milliseconds kAskAgainAtMost(800);

/// A line of which only leased deliveries were seen is asked again at once, so many times.
constexpr int kEmptyClaims = 8;

/// After an error that nobody has foreseen.
constexpr double kRetryAfterError = 60;
constexpr std::chrono::seconds kLookForStrays(15);
constexpr int kStraysAtOnce = 500;

/// Results that wait for the database to take them; a crash would leave as many doubts. No further
/// delivery is claimed meanwhile.
constexpr int kMostKept = 64;
constexpr std::size_t kLongestReason = 500;

/// After a row that another transaction held for too long.
constexpr double kRetryAfterLock = 5;

/// A message that names an account which the configuration lacks is composed anew for the account
/// of its company.
void choose_account(Delivery& delivery, const std::vector<mail::AccountState>& accounts) {
    const auto known = [&](const std::string& name) {
        return name.empty() || std::any_of(accounts.begin(), accounts.end(),
                                           [&](const auto& a) { return a.name == name; });
    };
    if (known(delivery.mail_account) || !known(delivery.company_mail_account))
        return;
    delivery.mail_account = delivery.company_mail_account;
    delivery.frozen = false;
}

}  // namespace

/// State that the deliveries of a pass share.
struct SendJob::Pass {
    Pass(Context& context, std::int64_t pass_token, int concurrency)
        : token(pass_token),
          writes(context),
          slots(context.clock, concurrency, std::max(1, concurrency / 4)) {}

    std::int64_t token;
    SharedWrites writes;
    Slots slots;
    int under_way = 0;                  ///< deliveries, also those that have no slot any more
    std::vector<std::string> stranded;  ///< of which postpone() could not be stored
    bool over = false;                  ///< of an error that is no delivery's fault
};

/// Counts a delivery as long as it exists, whatever ends it.
class SendJob::UnderWay {
public:
    explicit UnderWay(Pass& pass) : pass_(pass) { ++pass_.under_way; }
    ~UnderWay() {
        if (--pass_.under_way == 0)
            pass_.slots.changed().notify();
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

private:
    Pass& pass_;
};

SendJob::SendJob(Settings settings, SenderProfile profile)
    : settings_(settings), profile_(std::move(profile)) {}

Task<void> SendJob::run(Context& context) {
    if (!token_)
        token_ = co_await context.db.run(leases::new_token);
    Pass pass(context, *std::exchange(token_, std::nullopt), settings_.concurrency);
    LeaseKeeper keeper(context, store::kDeliveryLeases, pass.token);
    co_await keeper.during(send_all(context, pass, keeper.work_stop()));
    // The next pass can then begin with its claim.
    token_ = co_await context.db.run(leases::new_token);
}

Task<void> SendJob::send_all(Context& context, Pass& pass, std::stop_token stop) {
    std::stop_source sent;
    const std::stop_callback pass_on(stop, [&sent] { sent.request_stop(); });
    TaskGroup beside(context.loop);
    beside.spawn(keep_house(context, pass, sent.get_token()));
    TaskGroup sending(context.loop);
    std::exception_ptr error;
    try {
        co_await sending.join_after(claim_and_send(context, pass, sending, stop));
    } catch (...) {
        error = std::current_exception();
    }
    sent.request_stop();
    co_await beside.join();
    if (error)
        std::rethrow_exception(error);
}

std::vector<store::Line> SendJob::open_lines(Context& context, const Pass& pass) const {
    std::vector<store::Line> lines;
    if (pass.under_way - pass.slots.taken() >= kMostKept)
        return lines;
    const auto add = [&](const std::string& name, const std::string& account) {
        store::Line line;
        line.name = name;
        line.account = account;
        line.wanted = pass.slots.free(account);
        const auto last = last_companies_.find(name);
        line.after = last == last_companies_.end() ? std::string() : last->second;
        lines.push_back(std::move(line));
    };
    for (const auto& account : context.mail.accounts()) {
        if (account.paused || !pass.slots.wants_more(account.name))
            continue;
        add(account.name, account.name);
        if (account.is_default)
            add("", account.name);
    }
    return lines;
}

Task<void> SendJob::claim_and_send(Context& context, Pass& pass, TaskGroup& sending,
                                   std::stop_token stop) {
    const auto lease_seconds = std::chrono::duration<double>(context.leases.duration).count();
    milliseconds pause = kAskAgain;
    int empty_claims = 0;
    while (!stop.stop_requested() && !pass.over) {
        auto lines = open_lines(context, pass);
        bool again = false;
        if (!lines.empty()) {
            auto claim =
                co_await context.db.run(store::claim_due, pass.token, std::move(lines),
                                        pass.slots.busy(), lease_seconds, context.daemon_id);
            for (const auto& line : claim.lines)
                last_companies_[line.name] = line.after;
            for (auto& delivery : claim.deliveries)
                sending.spawn(send_one(context, pass, std::move(delivery), stop));
            empty_claims = claim.deliveries.empty() ? empty_claims + 1 : 0;
            if (!claim.deliveries.empty())
                pause = kAskAgain;
            again = !claim.deliveries.empty() || (claim.more && empty_claims < kEmptyClaims);
        }
        if (again)
            continue;
        if (pass.under_way == 0)
            break;
        co_await pass.slots.changed().wait(context.clock, pause, stop);
        pause = std::min(2 * pause, kAskAgainAtMost);
    }
}

Task<void> SendJob::send_one(Context& context, Pass& pass, Delivery delivery,
                             std::stop_token stop) {
    const UnderWay counted(pass);
    choose_account(delivery, context.mail.accounts());
    std::string account = delivery.mail_account;
    for (const auto& state : context.mail.accounts())
        if (account.empty() && state.is_default)
            account = state.name;
    auto slot = pass.slots.take(account, delivery.request.company);
    std::string code = "internal_error";
    std::string problem;
    double delay = kRetryAfterError;
    std::exception_ptr ours;
    try {
        Dispatch dispatch(context, settings_, profile_, pass.writes, slot, delivery, stop);
        co_await dispatch.run();
        context.report.did();
    } catch (const Cancelled&) {
        ours = std::current_exception();
    } catch (const db::Unavailable&) {
        ours = std::current_exception();
    } catch (const stripe::Error&) {
        ours = std::current_exception();
    } catch (const db::StatementError& e) {
        problem = e.what();
        if (e.sqlstate() == kLockNotAvailable) {
            code = "request_locked";
            delay = kRetryAfterLock;
        }
    } catch (const std::exception& e) {
        problem = e.what();
    }
    if (!problem.empty()) {
        auto line = log::about();
        line.request(delivery.request.request_id);
        if (code == "request_locked") {
            line.info("payment request {}: another transaction holds it; next attempt in {:.0f} s",
                      delivery.request.request_id, delay);
        } else {
            context.report.failed("payment request " + delivery.request.request_id +
                                  ": see the log");
            line.error("payment request {}: unexpected error: {}; next attempt in {:.0f} s",
                       delivery.request.request_id, problem, delay);
        }
        try {
            co_await context.db.run(store::postpone, delivery.delivery_id, delivery.token, delay,
                                    code, problem);
        } catch (const db::Unavailable&) {
            ours = std::current_exception();
        } catch (const std::exception&) {
            // keep_house() gives it back; its slot is free meanwhile.
            pass.stranded.push_back(delivery.delivery_id);
        }
    }
    if (ours) {
        pass.over = true;
        pass.slots.changed().notify();
        std::rethrow_exception(ours);
    }
}

/// Does the chores at once and then again and again until `stop`, however long the pass lasts.
Task<void> SendJob::keep_house(Context& context, Pass& pass, std::stop_token stop) {
    const auto pause = std::max(every() / 2, milliseconds(500));
    std::string said;
    while (!stop.stop_requested()) {
        std::string problem;
        try {
            co_await do_chores(context, pass);
        } catch (const db::Unavailable&) {
            // The claims find out too, and end the pass.
        } catch (const std::exception& e) {
            problem = e.what();
        }
        if (!problem.empty() && problem != said) {
            context.report.failed("chores of the mail queue: " + problem);
            log::about().error("mail queue: chores failed: {}; mails are sent meanwhile", problem);
        }
        said = problem;
        try {
            co_await context.clock.sleep(pause, stop);
        } catch (const Cancelled&) {
            break;
        }
    }
}

Task<void> SendJob::do_chores(Context& context, Pass& pass) {
    const auto now = context.clock.now();
    // Not with each pass: deliveries of dead daemons have waited for the end of a lease already.
    if (now >= settle_at_) {
        co_await settle_abandoned(context);
        while (co_await context.db.run(store::release_held) && !context.stop.stop_requested()) {
        }
        settle_at_ = now + every() / 2;
    }
    for (const auto& account : context.mail.accounts()) {
        if (account.refusals.empty())
            continue;
        const bool held = co_await context.db.run(store::hold_account, account.name,
                                                  account.refusals.substr(0, kLongestReason));
        context.mail.clear_refusals(account.name);
        if (held)
            log::event(log::kMailFailed)
                .error(
                    "mail account {}: held: {}; its mails wait. When the cause is gone: "
                    "'paysyncctl mail resume {}'",
                    account.name, account.refusals, account.name);
    }
    if (!pass.stranded.empty()) {
        const auto ended = co_await context.db.run(store::give_back, pass.stranded, pass.token,
                                                   kRetryAfterError, std::string("internal_error"),
                                                   std::string("see the log of the daemon"));
        std::erase_if(pass.stranded, [&](const std::string& id) {
            return std::find(ended.begin(), ended.end(), id) != ended.end();
        });
    }
    if (now >= look_for_strays_at_) {
        std::vector<std::string> known;
        for (const auto& account : context.mail.accounts())
            known.push_back(account.name);
        const auto strays = co_await context.db.run(store::move_strays, known, kStraysAtOnce);
        if (strays.moved > 0)
            log::about().warn(
                "mail queue: {} deliveries waited for a mail account that the configuration does "
                "not name; they go by their company's account",
                strays.moved);
        if (strays.waiting > 0 && strays.account != unknown_account_)
            log::about().warn(
                "mail queue: no mail account is called {}; the mails of its companies wait",
                strays.account);
        unknown_account_ = strays.account;
        look_for_strays_at_ =
            strays.moved + strays.waiting == kStraysAtOnce ? now : now + kLookForStrays;
    }
}

Task<void> SendJob::settle_abandoned(Context& context) {
    const bool resend = settings_.on_in_doubt == OnInDoubt::resend;
    const auto deliveries = co_await context.db.run(store::settle_abandoned, resend);
    for (const auto& delivery : deliveries)
        if (resend)
            log::about()
                .request(delivery.request_id)
                .warn(
                    "payment request {}: in doubt: a daemon ended before the mail server confirmed "
                    "the message; it is sent again (on_in_doubt: resend)",
                    delivery.request_id);
        else
            log::event(log::kMailInDoubt)
                .request(delivery.request_id)
                .error(
                    "payment request {}: in doubt: a daemon ended before the mail server "
                    "confirmed the message; settle it with 'paysyncctl mail resolve {} --sent' if "
                    "the message arrived, else with '--resend'",
                    delivery.request_id, delivery.delivery_id);
}

}  // namespace paysync::payment_requests
