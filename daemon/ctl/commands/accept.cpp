// SPDX-License-Identifier: MIT
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/rows.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

struct AcceptOptions {
    std::int64_t id = 0;
    std::string reason;
};

int accept(Session& session, const AcceptOptions& options) {
    const auto id = std::to_string(options.id);
    value_of(session, "SELECT pay_private.accept_discrepancy($1, $2)", {id, options.reason});
    std::cout << "discrepancy " << id << ": accepted\n";
    return EXIT_SUCCESS;
}

}  // namespace

void add_accept(Commands& commands) {
    const auto options = std::make_shared<AcceptOptions>();
    auto command =
        commands.add("accept", "accept a discrepancy that cannot or need not be repaired",
                     [options](Session& session) { return accept(session, *options); });
    command.number("id", options->id, "the discrepancy").required().positive();
    command.text("--because", options->reason, "the reason")
        .required()
        .check([](const std::string& words) {
            return words.find_first_not_of(' ') == std::string::npos ? "needs words" : "";
        });
}

}  // namespace paysync::ctl
