// SPDX-License-Identifier: MIT
#include "daemon/ctl/proof.hpp"

#include "daemon/base/db/connection.hpp"

#include <pqxx/pqxx>

#include <iostream>

namespace paysync::cli {

namespace {

/// $1 company, $2 from, $3 to; each may be empty. An account that we made has nothing to be read
/// from before. A stream is behind once its turn is late, or its last one failed: until then what
/// is newer than its proof is only a matter of its pace. A hole that an open walk has still to list
/// is no hole yet.
constexpr const char* kProof = R"sql(
    SELECT p.company, p.account_id, p.stream,
           CASE WHEN m.missing = '{}' AND (a.since IS NOT NULL OR p.last_completed_at IS NOT NULL) THEN 'complete'
                WHEN p.last_completed_at IS NULL OR p.complete_to IS NULL THEN 'reading'
                WHEN n.holes = '{}' THEN
                     'complete up to ' || to_char(p.complete_to AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                WHEN n.holes - n.open = '{}' THEN 'reading'
                ELSE 'holes' END AS verdict,
           p.complete_from, p.complete_to, date_trunc('second', p.late_by) AS late_by, p.objects,
           CASE WHEN a.since IS NULL THEN p.holes ELSE nullif(m.missing::text, '{}') END AS holes,
           p.quarantined, p.open_discrepancies, p.last_error
      FROM pay.coverage p
      JOIN pay_private.stream t ON t.account_id = p.account_id AND t.stream = p.stream
      LEFT JOIN pay_private.integration g ON g.account_id = p.account_id
      LEFT JOIN pay_private.integration i ON i.account_id = p.account_id AND i.origin = 'new'
     CROSS JOIN (SELECT nullif($2, '')::timestamptz AS since, nullif($3, '')::timestamptz AS until) a
     CROSS JOIN LATERAL (
           SELECT CASE WHEN a.since IS NULL THEN least(t.since, p.complete_from)
                       ELSE greatest(a.since, i.account_created_at) END AS since,
                  CASE WHEN a.until IS NOT NULL THEN a.until
                       WHEN (g.stage = 'disconnected'
                             OR p.next_run_at > now() - interval '10 minutes' AND p.last_error IS NULL)
                            AND p.complete_to > coalesce(a.since, p.complete_from) THEN p.complete_to
                       WHEN a.since IS NULL OR a.since < now() THEN now() END AS until) w
     CROSS JOIN LATERAL (
           SELECT CASE WHEN w.since >= w.until THEN '{}'
                       ELSE tstzmultirange(tstzrange(w.since, w.until)) END
                  - coalesce(range_agg(c.span), '{}') AS missing
             FROM pay_private.coverage c WHERE c.account_id = p.account_id AND c.stream = p.stream) m
     CROSS JOIN LATERAL (
           SELECT m.missing - tstzmultirange(tstzrange(p.complete_to, NULL)) AS holes,
                  coalesce(range_agg(tstzrange(s.since, s.until)), '{}') AS open
             FROM pay_private.slice s WHERE s.account_id = p.account_id AND s.stream = p.stream) n
     WHERE $1 IN ('', p.company) ORDER BY p.company, p.account_id, p.stream)sql";

}  // namespace

bool prove(const std::string& conninfo, const Asked& asked, Format format) {
    const std::vector<std::string> parameters{asked.company, asked.from, asked.to};
    std::string out;
    bool complete = true;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        // One snapshot, so that the answer is that of the rows.
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        out = rows_of(tx, kProof, parameters, format).text;
        if (!asked.from.empty())
            complete =
                tx.exec_params1(
                      std::string("SELECT coalesce(bool_and(verdict = 'complete'), false) FROM (") +
                          kProof + ") proof",
                      pqxx::prepare::make_dynamic_params(parameters))[0]
                    .as<bool>();
    });
    std::cout << out;
    return complete;
}

void audit(const std::string& conninfo, Format format) {
    print_rows(conninfo,
               "SELECT stream, drawn, differed, at_most, last_at FROM pay.audit "
               "ORDER BY stream LIMIT $1::integer",
               "1000", format);
}

void plan_backfill(const std::string& conninfo, const std::string& company, const std::string& from,
                   Format format) {
    const std::vector<std::string> parameters{company, from};
    print_rows(conninfo,
               "SELECT account_id, stream, since, until "
               "FROM pay_private.backfill_plan($1, $2::timestamptz)",
               parameters, format);
}

void apply_backfill(const std::string& conninfo, const std::string& company,
                    const std::string& from) {
    std::string out;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        out = rows_of(tx,
                      "SELECT account_id, stream, since, until "
                      "FROM pay_private.backfill($1, $2::timestamptz)",
                      {company, from}, Format::table)
                  .text;
    });
    std::cout << out << "under way: the daemon lists them again, from the newest on\n";
}

}  // namespace paysync::cli
