// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

struct ProveOptions {
    std::string company;  ///< empty: all
    std::string from;     ///< empty: everything that was read
    std::string to;       ///< empty: now, less what the daemon's pace explains
    Display display;
};

// $1 company, $2 from, $3 to; each may be empty.
//
// Time after the proven range of a stream counts as missing only when the stream is late: its turn
// is overdue by 10 minutes, or its last turn failed. A gap that an open slice still covers is being
// read, so it is no hole. An account that paysync created has nothing from before its creation.
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

// One snapshot: the verdict has to be about the same rows that are printed.
int prove(const std::string& conninfo, const ProveOptions& options) {
    const Parameters parameters{options.company, options.from, options.to};
    std::string out;
    bool complete = true;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        out = render_rows(tx, kProof, parameters, options.display.json).text;
        if (!options.from.empty())
            complete =
                tx.exec_params1(
                      std::string("SELECT coalesce(bool_and(verdict = 'complete'), false) FROM (") +
                          kProof + ") proof",
                      pqxx::prepare::make_dynamic_params(parameters))[0]
                    .as<bool>();
    });
    std::cout << out;
    return complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

void add_prove(Commands& commands) {
    const auto options = std::make_shared<ProveOptions>();
    auto command = commands.add(
        "prove", "show for each account and stream which time ranges are proven to be read",
        [options](Session& session) {
            const auto conninfo = session.conninfo();
            return repeat(options->display, [&] { return prove(conninfo, *options); });
        },
        [options] {
            if (!options->to.empty() && options->to <= options->from)
                throw cli::UsageError("--to", "is not after --from");
        });
    command.text("--company", options->company, "only this company");
    const auto from = add_moment(command, "--from", options->from,
                                 "check only objects created at this time or later");
    add_moment(command, "--to", options->to, "and before this time; default: now").needs(from);
    add_watch(command, options->display);
}

}  // namespace paysync::ctl
