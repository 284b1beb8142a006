// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/payment_requests/queue_store.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

/// `mail resolve`, `mail requeue` and `mail failed`: deliveries that need a person; `mail hold` and
/// `mail resume`: a mail account that must not send.
namespace paysync::ctl {

namespace {

struct ResolveOptions {
    std::string id;
    bool sent = false;
    bool resend = false;
};

constexpr const char* kFailedDeliveries = R"sql(
    SELECT delivery_id, request_id, company, kind, state, attempts, reason_code, reason_text, last_attempt_at
      FROM pay.deliveries WHERE state IN ('failed', 'bounced', 'suppressed')
     ORDER BY created_at DESC LIMIT $1::integer)sql";

int resolve(Session& session, const ResolveOptions& options) {
    int resolved = 0;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        resolved = payment_requests::store::resolve_in_doubt(tx, options.id, options.sent);
    });
    if (resolved == 0)
        throw std::runtime_error("no payment request or delivery " + options.id + " is in doubt");
    std::cout << options.id
              << (options.sent ? ": recorded as sent\n"
                               : ": queued to be sent again, unless a later mail took its place\n");
    return EXIT_SUCCESS;
}

int requeue(Session& session, const std::string& id) {
    int queued = 0;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        queued = payment_requests::store::requeue(tx, id);
    });
    if (queued == 0)
        throw std::runtime_error("no payment request or delivery " + id +
                                 " has failed and may still be sent");
    std::cout << id << ": " << queued << " deliveries queued again\n";
    return EXIT_SUCCESS;
}

struct RequeueOptions {
    std::string id;
    payment_requests::store::Requeue bulk;
};

/// Each batch commits, so an interruption loses nothing: queued deliveries no longer have the
/// reason.
int requeue_all(Session& session, payment_requests::store::Requeue bulk) {
    db::Connection connection(session.conninfo());
    int queued = 0;
    do {
        payment_requests::store::Requeue next;
        connection.run(
            [&](pqxx::work& tx) { next = payment_requests::store::requeue_batch(tx, bulk); });
        bulk = next;
        queued += bulk.queued;
    } while (bulk.more);
    std::cout << bulk.reason << ": " << queued << " deliveries queued again\n";
    return EXIT_SUCCESS;
}

struct HoldOptions {
    std::string account;
    std::string reason;
};

int hold(Session& session, const HoldOptions& options) {
    const auto& accounts = session.config().mail.accounts;
    if (std::none_of(accounts.begin(), accounts.end(),
                     [&](const auto& account) { return account.name == options.account; }))
        throw std::runtime_error("the configuration has no mail account \"" + options.account +
                                 "\"");
    bool held = false;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        held = payment_requests::store::hold_account(tx, options.account, options.reason);
    });
    std::cout << options.account << (held ? ": held; its mails wait\n" : ": is held already\n");
    return EXIT_SUCCESS;
}

int resume(Session& session, const std::string& account) {
    bool resumed = false;
    db::Connection(session.conninfo()).run([&](pqxx::work& tx) {
        resumed = payment_requests::store::resume_account(tx, account);
    });
    if (!resumed)
        throw std::runtime_error("mail account \"" + account + "\" is not held");
    std::cout << account << ": resumed; its mails go out\n";
    return EXIT_SUCCESS;
}

void add_resolve(Commands& mail) {
    const auto options = std::make_shared<ResolveOptions>();
    auto command = mail.add("resolve", "settle a delivery that is in doubt",
                            [options](Session& session) { return resolve(session, *options); });
    add_uuid(command, "id", options->id, "id of the payment request, or of one of its deliveries")
        .required();
    auto how = command.exactly_one("how");
    const auto sent = how.flag("--sent", options->sent, "the message did arrive");
    how.flag("--resend", options->resend, "send the same message again").excludes(sent);
}

void add_requeue(Commands& mail) {
    const auto options = std::make_shared<RequeueOptions>();
    auto command = mail.add(
        "requeue", "send failed deliveries again",
        [options](Session& session) {
            return options->id.empty() ? requeue_all(session, options->bulk)
                                       : requeue(session, options->id);
        },
        [options] {
            if (options->id.empty() && options->bulk.reason.empty())
                throw cli::UsageError("id", "give an id, or --reason and --since");
        });
    const auto id =
        add_uuid(command, "id", options->id, "id of the payment request, or of one delivery");
    auto reason = command.text("--reason", options->bulk.reason,
                               "all deliveries that failed with this reason_code");
    reason.excludes(id);
    auto since = add_moment(command, "--since", options->bulk.since, "and at this time or later");
    since.needs(reason);
    reason.needs(since);
}

void add_hold(Commands& mail) {
    const auto options = std::make_shared<HoldOptions>();
    auto command = mail.add("hold", "stop sending by a mail account; its mails wait",
                            [options](Session& session) { return hold(session, *options); });
    command.text("account", options->account, "name of the mail account").required();
    command.text("--reason", options->reason, "why, for those who look").required();
}

void add_resume(Commands& mail) {
    const auto account = std::make_shared<std::string>();
    auto command = mail.add("resume", "send by a held mail account again",
                            [account](Session& session) { return resume(session, *account); });
    command.text("account", *account, "name of the mail account").required();
}

void add_failed(Commands& mail) {
    const auto display = std::make_shared<Display>();
    auto command =
        mail.add("failed", "list failed, bounced and suppressed deliveries, newest first",
                 [display](Session& session) {
                     return print_rows(session, *display, kFailedDeliveries,
                                       {std::to_string(display->limit)});
                 });
    add_limit(command, *display);
    add_watch(command, *display);
}

}  // namespace

void add_mail(Commands& commands) {
    auto mail = commands.group("mail", "messages to payers and their deliveries");
    add_resolve(mail);
    add_requeue(mail);
    add_hold(mail);
    add_resume(mail);
    add_mail_preview(mail);
    add_failed(mail);
}

}  // namespace paysync::ctl
