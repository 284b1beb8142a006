// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

namespace {

constexpr const char* kRequests = R"sql(
    SELECT request_id, company, state, delivery, amount, currency, created_at, reason_code
      FROM pay.payment_requests ORDER BY seq DESC LIMIT $1::integer)sql";

}  // namespace

void add_requests(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command =
        commands.add("requests", "list the newest payment requests", [display](Session& session) {
            return print_rows(session, *display, kRequests, {std::to_string(display->limit)});
        });
    add_limit(command, *display);
    add_watch(command, *display);
}

}  // namespace paysync::ctl
