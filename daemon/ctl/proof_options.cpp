// SPDX-License-Identifier: MIT
#include "daemon/ctl/invocation.hpp"
#include "daemon/ctl/moment.hpp"

#include <stdexcept>

namespace paysync::cli {

namespace {

CLI::Option* add_moment(CLI::App& command, const std::string& name, std::string& value,
                        const std::string& words) {
    const auto to_utc = [](std::string& text) -> std::string {
        try {
            text = moment_utc(text);
            return "";
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
    };
    return command.add_option(name, value, words)->transform(CLI::Validator(to_utc, "TIME"));
}

void add_prove(CLI::App& app, Invocation& call) {
    auto* prove = app.add_subcommand("prove", "show what is proven to be read, and how late it is");
    prove->add_option("--company", call.asked.company, "of this company alone");
    auto* from = add_moment(*prove, "--from", call.asked.from,
                            "only whether what was made from then on is complete");
    add_moment(*prove, "--to", call.asked.to, "and before then; else until now")->needs(from);
    add_watch(*prove, call);
    prove->callback([&] {
        if (!call.asked.to.empty() && call.asked.to <= call.asked.from)
            throw CLI::ValidationError("--to", "is not after --from");
        call.act = [&](const auto& to) {
            call.failed = !cli::prove(to, call.asked, format_of(call));
        };
    });
}

void add_backfill(CLI::App& app, Invocation& call) {
    auto* backfill = app.add_subcommand(
        "backfill", "say what of a company would be read again at Stripe, or have it read");
    backfill->add_option("--company", call.asked.company, "the company")->required();
    add_moment(*backfill, "--from", call.asked.from, "what was made from then on")->required();
    auto* apply = backfill->add_flag("--apply", call.apply, "have it read");
    backfill->add_flag("--json", call.json, "a JSON array instead of a table")->excludes(apply);
    backfill->callback([&] {
        call.act = [&](const auto& to) {
            if (call.apply)
                apply_backfill(to, call.asked.company, call.asked.from);
            else
                plan_backfill(to, call.asked.company, call.asked.from, format_of(call));
        };
    });
}

}  // namespace

void add_proof(CLI::App& app, Invocation& call) {
    add_prove(app, call);
    add_backfill(app, call);
    auto* audited =
        app.add_subcommand("audit", "show what reading objects again, drawn at random, has found");
    add_watch(*audited, call);
    audited->callback([&] { call.act = [&](const auto& to) { cli::audit(to, format_of(call)); }; });
}

}  // namespace paysync::cli
