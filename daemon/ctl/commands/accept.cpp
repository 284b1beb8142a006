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
    std::vector<std::int64_t> ids;
    std::string reason;
};

int accept(Session& session, const AcceptOptions& options) {
    const auto id = std::to_string(options.ids.front());
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
    command.numbers("id", options->ids, "the discrepancy").required().count(1);
    command.text("--because", options->reason, "the reason")
        .required()
        .check([](const std::string& words) {
            return words.find_first_not_of(' ') == std::string::npos ? "needs words" : "";
        });
}

}  // namespace paysync::ctl
