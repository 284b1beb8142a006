// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

namespace {

constexpr const char* kOpenDiscrepancies = R"sql(
    SELECT discrepancy_id, kind, account_id, subject, detected_at, evidence
      FROM pay_private.discrepancy WHERE state = 'open' ORDER BY detected_at DESC LIMIT $1::integer)sql";

}  // namespace

void add_discrepancies(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add("discrepancies", "list the open discrepancies, newest first",
                                [display](Session& session) {
                                    return print_rows(session, *display, kOpenDiscrepancies,
                                                      {std::to_string(display->limit)});
                                });
    add_limit(command, *display);
    add_watch(command, *display);
}

}  // namespace paysync::ctl
