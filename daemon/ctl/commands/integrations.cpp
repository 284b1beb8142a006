// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <memory>

namespace paysync::ctl {

namespace {

constexpr const char* kIntegrations = R"sql(
    SELECT company, account_id, stage, stage_detail, blocker, observed_at
      FROM pay.integrations ORDER BY company LIMIT 100000)sql";

}  // namespace

void add_integrations(Commands& commands) {
    const auto display = std::make_shared<Display>();
    auto command = commands.add(
        "integrations", "list the companies with their Stripe account and stage",
        [display](Session& session) { return print_rows(session, *display, kIntegrations); });
    add_watch(command, *display);
}

}  // namespace paysync::ctl
