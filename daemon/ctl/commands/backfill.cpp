// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

struct BackfillOptions {
    std::string company;
    std::string from;
    bool apply = false;
    Display display;
};

int backfill(Session& session, const BackfillOptions& options) {
    const std::string function = options.apply ? "backfill" : "backfill_plan";
    print_rows(session, options.display,
               "SELECT account_id, stream, since, until FROM pay_private." + function +
                   "($1, $2::timestamptz)",
               {options.company, options.from});
    if (options.apply)
        std::cout << "started: the daemon lists these ranges again, newest first\n";
    return EXIT_SUCCESS;
}

}  // namespace

void add_backfill(Commands& commands) {
    const auto options = std::make_shared<BackfillOptions>();
    auto command = commands.add(
        "backfill", "show what of a company would be read from Stripe again, or have it read",
        [options](Session& session) { return backfill(session, *options); });
    command.text("--company", options->company, "the company").required();
    add_moment(command, "--from", options->from, "objects created at this time or later")
        .required();
    const auto apply = command.flag("--apply", options->apply, "have them read");
    add_json(command, options->display).excludes(apply);
}

}  // namespace paysync::ctl
