// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

namespace {

constexpr const char* kStatus = R"sql(
    SELECT what, count FROM (
        SELECT 1 AS line, 'companies ' || coalesce(stage, 'never connected') AS what, count(*)
          FROM pay.integrations GROUP BY stage
        UNION ALL
        SELECT 2, 'commands ' || state, count(*) FROM pay.commands GROUP BY state
        UNION ALL
        SELECT 3, 'payment requests ' || state, count(*) FROM pay.payment_request GROUP BY state
        UNION ALL
        SELECT 4, 'mails ' || state, count(*) FROM pay_private.delivery GROUP BY state
        UNION ALL
        SELECT 5, 'payments ' || status, count(*) FROM pay_private.charge GROUP BY status
        UNION ALL
        SELECT 6, 'open discrepancies ' || kind, count(*)
          FROM pay_private.discrepancy WHERE state = 'open' GROUP BY kind
        UNION ALL
        SELECT 7, 'alarms ' || alarm, count(*) FROM pay.alarms GROUP BY alarm
        UNION ALL
        SELECT 8, 'mail accounts held', count(*) FROM pay_private.mail_account_hold HAVING count(*) > 0
        UNION ALL
        SELECT 9, 'Stripe objects in quarantine', count(*)
          FROM pay_private.quarantine HAVING count(*) > 0) counts
     ORDER BY line, what LIMIT 1000)sql";

}  // namespace

void add_status(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "status", "count integrations, commands, requests, payments and problems by state",
        [display](Session& session) { return print_rows(session, *display, kStatus); });
    add_watch(command, *display);
}

}  // namespace paysync::ctl
