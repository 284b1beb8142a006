// SPDX-License-Identifier: MIT
#include "jobs/backlog_store.hpp"

#include <pqxx/pqxx>

namespace paysync::store {

namespace {

struct GaugeQuery {
    const char* name;
    const char* help;
    const char* sql;
};

constexpr GaugeQuery kGaugeQueries[] = {
    {"paysync_commands_waiting", "Onboarding commands that are not finished.",
     "SELECT count(*) FROM pay.command WHERE state IN ('queued', 'running')"},
    {"paysync_commands_oldest_due_seconds", "For how long the oldest due command has been due.",
     "SELECT greatest(0, extract(epoch FROM now() - min(run_after))) FROM pay.command "
     "WHERE state IN ('queued', 'running')"},
    {"paysync_mails_due", "Deliveries that are due.",
     "SELECT (SELECT count(*) FROM pay_private.delivery WHERE due AND next_attempt_at IS NOT NULL)"
     " + (SELECT count(*) FROM pay_private.delivery WHERE NOT due AND next_attempt_at <= now())"},
    {"paysync_mails_oldest_due_seconds", "For how long the oldest due delivery has been due.",
     "SELECT greatest(0, extract(epoch FROM now() - least("
     "(SELECT min(next_attempt_at) FROM pay_private.delivery "
     "WHERE due AND next_attempt_at IS NOT NULL), "
     "(SELECT min(next_attempt_at) FROM pay_private.delivery "
     "WHERE NOT due AND next_attempt_at IS NOT NULL))))"},
    {"paysync_mails_in_doubt", "Deliveries that a mail server may or may not have accepted.",
     "SELECT count(*) FROM pay_private.delivery "
     "WHERE reason_code = 'in_doubt' AND state = 'in_doubt'"},
    {"paysync_mail_accounts_held",
     "Mail accounts by which no mail goes until somebody resumes them.",
     "SELECT count(*) FROM pay_private.mail_account_hold"},
    {"paysync_links_unwanted_live", "Payment links that are live and must be switched off.",
     "SELECT count(*) FROM pay_private.payment_link WHERE active AND NOT wanted_active"},
    {"paysync_requests_without_link",
     "Open payment requests for which Stripe gives no payment link "
     "(pay.payment_requests.link_problem), or that have waited for it for ten minutes.",
     "SELECT (SELECT count(*) FROM pay.payment_request WHERE link_problem IS NOT NULL) "
     "+ (SELECT count(*) FROM pay.payment_request "
     "WHERE link_wanted_at < now() - interval '10 minutes' AND link_problem IS NULL)"},
    {"paysync_discrepancies_open", "Discrepancies that are open.",
     "SELECT count(*) FROM pay_private.discrepancy WHERE state = 'open'"},
    {"paysync_quarantined_objects", "Objects from Stripe that could not be parsed.",
     "SELECT count(*) FROM pay_private.quarantine"},
    {"paysync_streams_oldest_read_seconds",
     "Time since the last complete walk of the stream with the oldest one.",
     "SELECT greatest(0, extract(epoch FROM now() - min(last_completed_at))) "
     "FROM pay_private.stream WHERE next_run_at IS NOT NULL"},
    {"paysync_fuse_blown", "1 while the fuse stops a mass change of stages.",
     "SELECT count(*) FROM pay_private.fuse WHERE blown_at IS NOT NULL"},
    {"paysync_runs_lost", "Runs of the last day whose daemon died.",
     "SELECT (SELECT count(*) FROM pay_private.run "
     "         WHERE state = 'lost' AND finished_at > now() - interval '1 day')"
     " + (SELECT count(*) FROM pay_private.run WHERE state = 'running' AND alive_until < now())"},
    {"paysync_daemons_alive", "Daemons that are running on this database.",
     "SELECT count(*) FROM pay_private.daemon WHERE alive_until > now()"},
};

}  // namespace

std::vector<Gauge> backlog(pqxx::work& tx) {
    std::vector<Gauge> gauges;
    for (const auto& query : kGaugeQueries) {
        const auto value = tx.exec1(query.sql)[0];
        gauges.push_back({query.name, query.help, value.is_null() ? 0 : value.as<double>()});
    }
    return gauges;
}

}  // namespace paysync::store
