// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/migrator.hpp"
#include "jobs/payment_requests/queue_store.hpp"
#include "jobs/reconciliation/verify_store.hpp"
#include "jobs/schema/schema.hpp"

#include <pqxx/pqxx>

#include <iostream>
#include <stdexcept>

namespace paysync::cli {

void migrate(const std::string& conninfo, bool dry_run) {
    const auto& schema = schema::current();
    db::migrate(conninfo, schema, dry_run, [&](const db::MigrationPlan& plan) {
        if (plan.nothing() && !dry_run) {
            std::cout << "the schema is up to date (paysync " << schema.version << ")" << std::endl;
            return;
        }
        if (plan.empty)
            std::cout << "database: empty; tables " << (dry_run ? "would be" : "are") << " made\n";
        for (const auto* upgrade : plan.upgrades)
            std::cout << "upgrade " << upgrade->name << (dry_run ? ": would run" : ": runs")
                      << (upgrade->breaking
                              ? " (older versions of paysync will refuse this database)"
                              : "")
                      << '\n';
        std::cout << "code: " << (plan.code ? "changed" : "unchanged")
                  << (plan.code && !dry_run ? "; is applied" : "") << std::endl;
    });
}

void status(const std::string& conninfo, Format format) {
    print_rows(conninfo, R"sql(
        SELECT what, count FROM (
            SELECT 1 AS line, 'companies ' || coalesce(stage, 'never connected') AS what, count(*)
              FROM pay.integrations GROUP BY stage
            UNION ALL
            SELECT 2, 'commands ' || state, count(*) FROM pay.commands GROUP BY state
            UNION ALL
            SELECT 3, 'payment requests ' || state || ', mail ' || delivery, count(*)
              FROM pay.payment_requests GROUP BY state, delivery
            UNION ALL
            SELECT 4, 'payments ' || status, count(*) FROM pay.my_payments GROUP BY status
            UNION ALL
            SELECT 5, 'discrepancies open: ' || kind, count(*)
              FROM pay_private.discrepancy WHERE state = 'open' GROUP BY kind
            UNION ALL
            SELECT 6, 'alarms: ' || alarm, count(*) FROM pay.alarms GROUP BY alarm
            UNION ALL
            SELECT 7, 'objects of Stripe that could not be understood', count(*)
              FROM pay_private.quarantine HAVING count(*) > 0) counts
         ORDER BY line, what LIMIT $1::integer)sql",
               "1000", format);
}

void list_integrations(const std::string& conninfo, Format format) {
    print_rows(conninfo, R"sql(
        SELECT company, account_id, stage, stage_detail, blocker, observed_at
          FROM pay.integrations ORDER BY company LIMIT $1::integer)sql",
               "100000", format);
}

void list_requests(const std::string& conninfo, int limit, Format format) {
    print_rows(conninfo, R"sql(
        SELECT request_id, company, state, delivery, amount, currency, created_at, reason_code
          FROM pay.payment_requests ORDER BY created_at DESC LIMIT $1::integer)sql",
               std::to_string(limit), format);
}

bool verify(const std::string& conninfo, bool record, Format format) {
    std::string out;
    bool well = true;
    if (record)
        db::Connection(conninfo).run(
            [](pqxx::work& tx) { reconciliation::store::record_violations(tx); });
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        const auto rows = rows_of(tx, R"sql(
            SELECT v.invariant AS rule, v.account_id, v.subject, v.evidence, i.words AS must_be_true
              FROM pay_private.violation v JOIN pay_private.invariant i USING (invariant)
             ORDER BY 1, 2, 3 LIMIT $1::integer)sql",
                                  {"1000000"}, format);
        well = rows.empty;
        out = well && format == Format::table ? "all rules hold\n" : rows.text;
    });
    std::cout << out;
    return well;
}

void list_discrepancies(const std::string& conninfo, int limit, Format format) {
    print_rows(conninfo, R"sql(
        SELECT discrepancy_id, kind, account_id, subject, detected_at, evidence
          FROM pay_private.discrepancy WHERE state = 'open' ORDER BY detected_at DESC LIMIT $1::integer)sql",
               std::to_string(limit), format);
}

void list_alarms(const std::string& conninfo, Format format) {
    print_rows(conninfo,
               "SELECT alarm, since, words FROM pay.alarms ORDER BY since LIMIT $1::integer",
               "1000", format);
}

void clear_fuse(const std::string& conninfo) {
    bool was_blown = false;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        was_blown = tx.exec1("SELECT pay_private.clear_fuse()")[0].as<bool>();
    });
    std::cout << (was_blown ? "cleared: the next mass change goes through, once\n"
                            : "the fuse was not blown; nothing to do\n");
}

void requeue_mail(const std::string& conninfo, const std::string& id) {
    int queued = 0;
    db::Connection(conninfo).run(
        [&](pqxx::work& tx) { queued = payment_requests::store::requeue(tx, id); });
    if (queued == 0)
        throw std::runtime_error("no payment request or mail " + id +
                                 " has failed and may still be sent");
    std::cout << id << ": " << queued << " queued to be sent again\n";
}

void list_failed_mails(const std::string& conninfo, int limit, Format format) {
    print_rows(conninfo, R"sql(
        SELECT delivery_id, request_id, company, kind, state, attempts, reason_code, reason_text, last_attempt_at
          FROM pay.deliveries WHERE state IN ('failed', 'bounced', 'suppressed')
         ORDER BY created_at DESC LIMIT $1::integer)sql",
               std::to_string(limit), format);
}

void resolve_mail(const std::string& conninfo, const std::string& id, bool sent) {
    int resolved = 0;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        resolved = payment_requests::store::resolve_in_doubt(tx, id, sent);
    });
    if (resolved == 0)
        throw std::runtime_error("no payment request or mail " + id + " is in doubt");
    std::cout << id << (sent ? ": recorded as sent\n" : ": queued to be sent again\n");
}

}  // namespace paysync::cli
