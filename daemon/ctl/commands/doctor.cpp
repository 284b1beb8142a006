// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/migrator.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/schema/schema.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace paysync::ctl {

namespace {

// A finding that counts nothing is left out, so a healthy database yields no row. Tables with
// millions of rows are read by an index of what waits.
constexpr const char* kFindings = R"sql(
    SELECT finding, count, oldest, advice FROM (
        SELECT 1 AS line, 'deliveries in doubt' AS finding, count(*), min(last_attempt_at) AS oldest,
               'look into the mail server''s log, then: paysyncctl mail resolve ID --sent, or --resend' AS advice
          FROM pay.deliveries WHERE reason_code = 'in_doubt' AND state = 'in_doubt'
        UNION ALL
        SELECT 1, 'mail account ' || mail_account || ' held: ' || reason, 1, held_at,
               'when the cause is gone: paysyncctl mail resume ' || mail_account
          FROM pay_private.mail_account_hold
        UNION ALL
        SELECT 2, 'mails overdue for 10 minutes', count(*), min(next_attempt_at),
               'is paysyncd running, and its mail server? its log says why they wait'
          FROM pay_private.delivery
         WHERE due AND next_attempt_at < now() - interval '10 minutes'
        UNION ALL
        SELECT 2, 'mails that the mail server has put off for 6 hours', count(*), min(created_at),
               'smtp_reply in pay.deliveries says why; paysyncctl mail requeue sends them at once'
          FROM pay_private.delivery
         WHERE reason_code = 'mail_deferred' AND created_at < now() - interval '6 hours'
        UNION ALL
        SELECT 3, 'commands unfinished for 10 minutes', count(*), min(created_at),
               'is paysyncd running? its log says why they wait'
          FROM pay.commands
         WHERE state IN ('queued', 'running') AND created_at < now() - interval '10 minutes'
        UNION ALL
        SELECT 4, 'payment links that could not be switched off', count(*), min(created_at),
               'if this lasts for hours, switch them off in Stripe''s dashboard'
          FROM pay_private.payment_link WHERE active AND NOT wanted_active AND attempts > 3
        UNION ALL
        SELECT 5, 'open payment requests without a link that can be paid', count(*), min(created_at),
               'link_problem in pay.payment_requests says why; paysyncctl requests shows them'
          FROM pay.payment_requests
         WHERE request_id IN (
               SELECT request_id FROM pay.payment_request WHERE link_wanted_at IS NOT NULL
               UNION ALL
               SELECT request_id FROM pay.payment_request WHERE link_problem IS NOT NULL
               UNION ALL
               SELECT r.request_id FROM pay.company c JOIN pay.payment_request r USING (company)
                WHERE c.company NOT IN (SELECT company FROM pay_private.integration
                                         WHERE current AND stage = 'completed'))
           AND link_problem IS NOT NULL AND state IN ('open', 'partially_paid')
           AND (link_problem <> 'The link is being made.'
                OR coalesce(link_wanted_at, '-infinity') < now() - interval '10 minutes')
        UNION ALL
        SELECT 6, 'streams not read for an hour', count(*), min(last_completed_at),
               'paysyncctl prove shows the last error of each'
          FROM pay_private.stream
         WHERE coalesce(last_completed_at, '-infinity') < now() - interval '1 hour'
           AND (last_error IS NOT NULL OR next_run_at < now() - interval '1 hour')
        UNION ALL
        SELECT 7, 'open discrepancies', count(*), min(detected_at),
               'paysyncctl discrepancies shows both sides'
          FROM pay_private.discrepancy WHERE state = 'open'
        UNION ALL
        SELECT 8, 'Stripe objects in quarantine', count(*), min(last_seen),
               'see pay_private.quarantine, and report the error'
          FROM pay_private.quarantine
        UNION ALL
        SELECT 9, 'refunds ordered an hour ago and not made', count(*), min(created_at),
               'error_text in pay.refund_orders says why they wait'
          FROM pay_private.refund_order
         WHERE next_attempt_at IS NOT NULL AND created_at < now() - interval '1 hour'
        UNION ALL
        SELECT 10, 'alarms', count(*), min(since), 'paysyncctl alarms says what to do'
          FROM pay.alarms) f
     WHERE count > 0 ORDER BY line)sql";

int examine(const std::string& conninfo, bool json) {
    RenderedRows findings;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        const auto problem = schema::problem(schema::state(tx));
        if (!problem.empty())
            throw std::runtime_error(problem);
        findings = render_rows(tx, kFindings, {}, json);
    });
    std::cout << (findings.empty && !json ? "all is well\n" : findings.text);
    return findings.empty ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

void add_doctor(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "doctor", "look for problems and say what to do about them", [display](Session& session) {
            const auto conninfo = session.conninfo();
            return repeat(*display, [&] { return examine(conninfo, display->json); });
        });
    add_watch(command, *display);
}

}  // namespace paysync::ctl
