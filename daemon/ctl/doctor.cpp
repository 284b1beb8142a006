// SPDX-License-Identifier: MIT
#include "daemon/ctl/doctor.hpp"

#include "daemon/base/db/connection.hpp"
#include "daemon/base/db/migrator.hpp"
#include "jobs/schema/schema.hpp"

#include <pqxx/pqxx>

#include <iostream>
#include <stdexcept>

namespace paysync::cli {

namespace {

/// What should return no row; a finding without a count is not printed.
constexpr const char* kFindings = R"sql(
    SELECT finding, count, oldest, advice FROM (
        SELECT 1 AS line, 'mails in doubt' AS finding, count(*), min(last_attempt_at) AS oldest,
               'look into the mail server''s log, then: paysyncctl mail resolve' AS advice
          FROM pay.deliveries WHERE state = 'in_doubt'
        UNION ALL
        SELECT 2, 'payment requests that should have gone out', count(*), min(next_attempt_at),
               'is paysyncd running? its log says why they wait'
          FROM pay.payment_requests
         WHERE state = 'open' AND next_attempt_at < now() - interval '10 minutes'
        UNION ALL
        SELECT 3, 'commands that nobody carries out', count(*), min(created_at),
               'is paysyncd running? its log says why they wait'
          FROM pay.commands
         WHERE state IN ('queued', 'running') AND created_at < now() - interval '10 minutes'
        UNION ALL
        SELECT 4, 'links that work and should not', count(*), min(created_at),
               'if it stays for hours, switch them off in Stripe''s dashboard'
          FROM pay_private.payment_link WHERE active AND NOT wanted_active AND attempts > 3
        UNION ALL
        SELECT 5, 'streams of accounts that could not be read for an hour', count(*),
               min(last_completed_at), 'paysyncctl prove shows the last error of each'
          FROM pay_private.stream
         WHERE coalesce(last_completed_at, '-infinity') < now() - interval '1 hour'
           AND (last_error IS NOT NULL OR next_run_at < now() - interval '1 hour')
        UNION ALL
        SELECT 6, 'discrepancies that are open', count(*), min(detected_at),
               'paysyncctl discrepancies shows both sides'
          FROM pay_private.discrepancy WHERE state = 'open'
        UNION ALL
        SELECT 7, 'objects of Stripe that could not be understood', count(*), min(last_seen),
               'see pay_private.quarantine, and report the error'
          FROM pay_private.quarantine
        UNION ALL
        SELECT 8, 'alarms', count(*), min(since), 'paysyncctl alarms says what to do'
          FROM pay.alarms) f
     WHERE count > 0 ORDER BY line LIMIT $1::integer)sql";

}  // namespace

bool doctor(const std::string& conninfo, Format format) {
    std::string out;
    bool well = true;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        const auto problem = schema::problem(schema::state(tx));
        if (!problem.empty())
            throw std::runtime_error(problem);
        const auto rows = rows_of(tx, kFindings, {"100"}, format);
        well = rows.empty;
        out = well && format == Format::table ? "all is well\n" : rows.text;
    });
    std::cout << out;
    return well;
}

}  // namespace paysync::cli
