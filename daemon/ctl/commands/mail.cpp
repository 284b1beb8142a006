// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/payment_requests/queue_store.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

/// `mail resolve`, `mail requeue` and `mail failed`: deliveries that need a person.
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
              << (options.sent ? ": recorded as sent\n" : ": queued to be sent again\n");
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
    const auto id = std::make_shared<std::string>();
    auto command = mail.add("requeue", "send failed deliveries again",
                            [id](Session& session) { return requeue(session, *id); });
    add_uuid(command, "id", *id, "id of the payment request, or of one delivery").required();
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
    add_mail_preview(mail);
    add_failed(mail);
}

}  // namespace paysync::ctl
