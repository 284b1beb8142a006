// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/render_rows.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/reconciliation/verify_store.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

struct VerifyOptions {
    bool record = false;
    Display display;
};

constexpr const char* kViolations = R"sql(
    SELECT v.invariant AS rule, v.account_id, v.subject, v.evidence, i.words AS must_be_true
      FROM pay_private.violation v JOIN pay_private.invariant i USING (invariant)
     ORDER BY 1, 2, 3 LIMIT 1000000)sql";

int verify(Session& session, const VerifyOptions& options) {
    db::Connection connection(session.conninfo());
    if (options.record)
        connection.run([](pqxx::work& tx) { reconciliation::store::record_violations(tx); });
    RenderedRows violations;
    connection.run([&](pqxx::work& tx) {
        // All rules must see one snapshot, or the sums race with concurrent writers.
        tx.exec0("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        violations = render_rows(tx, kViolations, {}, options.display.json);
    });
    const bool say_so = violations.empty && !options.display.json;
    std::cout << (say_so ? "all rules hold\n" : violations.text);
    return violations.empty ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

void add_verify(Commands& commands) {
    const auto options = std::make_shared<VerifyOptions>();
    auto command = commands.add("verify", "check the rules that must always hold",
                                [options](Session& session) { return verify(session, *options); });
    command.flag("--record", options->record,
                 "open a discrepancy for each violation, and close those that are in order again");
    add_json(command, options->display);
}

}  // namespace paysync::ctl
