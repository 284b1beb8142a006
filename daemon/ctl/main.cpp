// SPDX-License-Identifier: MIT
#include "daemon/base/bus/message.hpp"
#include "daemon/base/db/conninfo.hpp"
#include "daemon/base/db/errors.hpp"
#include "daemon/base/version/version.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/completion.hpp"
#include "daemon/ctl/doctor.hpp"
#include "daemon/ctl/invocation.hpp"
#include "daemon/ctl/jobs.hpp"
#include "daemon/ctl/live.hpp"
#include "daemon/ctl/persons.hpp"
#include "daemon/ctl/repair.hpp"

#include <CLI/CLI.hpp>
#include <sysexits.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <iostream>
#include <thread>

namespace {

using namespace paysync;
using cli::add_json;
using cli::add_limit;
using cli::add_watch;
using cli::format_of;
using cli::Invocation;

void add_jobs(CLI::App& app, Invocation& call) {
    auto* schedule = app.add_subcommand("schedule", "show when the jobs run next");
    schedule->add_option("job", call.job, "this one alone");
    schedule->add_option("-n,--times", call.times, "how many times of each")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    schedule->callback([&] {
        call.act = [&](const auto&) { cli::print_schedule(*call.config, call.job, call.times); };
    });

    auto* runs = app.add_subcommand("runs", "list the newest runs of the jobs");
    runs->add_option("job", call.job, "of this one alone");
    runs->add_flag("--trouble", call.trouble, "only those that did not go well");
    add_limit(*runs, call);
    add_watch(*runs, call);
    runs->callback([&] {
        call.act = [&](const auto& to) {
            cli::list_runs(to, call.job, call.trouble, call.limit, format_of(call));
        };
    });

    auto* job = app.add_subcommand("job", "pause, resume and run jobs, for all daemons");
    job->require_subcommand(1);
    auto* list = job->add_subcommand("list", "list the jobs");
    add_watch(*list, call);
    list->callback(
        [&] { call.act = [&](const auto& to) { cli::list_jobs(to, format_of(call)); }; });
    auto* pause = job->add_subcommand("pause", "let no daemon begin a pass until it is resumed");
    pause->add_option("job", call.job, "its name, such as onboarding.sweep")->required();
    pause->add_option("--reason", call.reason, "why; shown by 'job list'");
    pause->callback(
        [&] { call.act = [&](const auto& to) { cli::pause_job(to, call.job, call.reason); }; });
    auto* resume = job->add_subcommand("resume", "take the pause back");
    resume->add_option("job", call.job, "its name")->required();
    resume->callback([&] { call.act = [&](const auto& to) { cli::resume_job(to, call.job); }; });
    auto* run = job->add_subcommand("run", "run it once, now, paused or not");
    run->add_option("job", call.job, "its name")->required();
    run->callback([&] { call.act = [&](const auto& to) { cli::run_job(to, call.job); }; });
}

void add_live(CLI::App& app, Invocation& call) {
    app.add_subcommand("reload", "let the daemon that runs here take up its configuration anew")
        ->callback([&] { call.live = [&] { cli::reload(call.config->bus.name); }; });
    app.add_subcommand("live", "show the daemon that runs here, and its jobs")->callback([&] {
        call.live = [&] { cli::show_live(call.config->bus.name); };
    });
    app.add_subcommand("budget", "show how many calls to Stripe the daemon may make, and makes")
        ->callback([&] { call.live = [&] { cli::show_budget(call.config->bus.name); }; });
    auto* level = app.add_subcommand("log-level", "show or set how much the daemon logs");
    level->add_option("level", call.log_level, "debug, info, warning or err, until it is set again")
        ->check(CLI::IsMember({"debug", "info", "warning", "err"}));
    level->callback(
        [&] { call.live = [&] { cli::log_level(call.config->bus.name, call.log_level); }; });
}

void add_persons(CLI::App& app, Invocation& call) {
    auto* suppress = app.add_subcommand("suppress", "addresses that get no mails");
    suppress->require_subcommand(1);
    auto* list = suppress->add_subcommand("list", "list them, the newest first");
    add_limit(*list, call);
    add_json(*list, call);
    list->callback([&] {
        call.act = [&](const auto& to) { cli::list_suppressed(to, call.limit, format_of(call)); };
    });
    auto* add = suppress->add_subcommand("add", "add those of standard input, one a line");
    add->add_option("--reason", call.reason, "why");
    add->callback(
        [&] { call.act = [&](const auto& to) { cli::suppress(to, std::cin, call.reason); }; });
    auto* erase = app.add_subcommand(
        "erase", "take the data of the persons out whose addresses standard input has");
    add_json(*erase, call);
    erase->callback(
        [&] { call.act = [&](const auto& to) { cli::erase(to, std::cin, format_of(call)); }; });
    suppress->add_subcommand("remove", "take those of standard input off")->callback([&] {
        call.act = [](const auto& to) { cli::unsuppress(to, std::cin); };
    });
}

void add_repair(CLI::App& app, Invocation& call) {
    auto* repair =
        app.add_subcommand("repair", "say what can be done about discrepancies, or do it");
    repair->add_option("id", call.discrepancies, "about these alone");
    auto* apply = repair->add_flag("--apply", call.apply, "do it");
    repair->add_flag("--json", call.json, "a JSON array instead of a table")->excludes(apply);
    repair->callback([&] {
        call.act = [&](const auto& to) {
            if (call.apply)
                call.failed = !cli::apply_repairs(to, call.discrepancies);
            else
                cli::plan_repairs(to, call.discrepancies, format_of(call));
        };
    });
    auto* accept = app.add_subcommand("accept", "say why a discrepancy is in order");
    accept->add_option("id", call.discrepancies, "the discrepancy")->required()->expected(1);
    accept->add_option("--because", call.reason, "why")
        ->required()
        ->check([](const std::string& words) {
            return words.find_first_not_of(' ') == std::string::npos ? "needs words" : "";
        });
    accept->callback([&] {
        call.act = [&](const auto& to) {
            cli::accept_discrepancy(to, call.discrepancies.front(), call.reason);
        };
    });
}

void add_commands(CLI::App& app, Invocation& call) {
    auto* migrate = app.add_subcommand("migrate", "bring the database's schema up to this version");
    migrate->add_flag("--dry-run", call.dry_run, "say what would be applied, and apply nothing");
    migrate->callback([&] {
        call.patience = Patience::unlimited;
        call.act = [&](const auto& to) { cli::migrate(to, call.dry_run); };
    });

    auto* status = app.add_subcommand("status", "count what is waiting, stuck or wrong");
    add_watch(*status, call);
    status->callback([&] { call.act = [&](const auto& to) { cli::status(to, format_of(call)); }; });
    auto* doctor = app.add_subcommand("doctor", "look for what should not be, and say what to do");
    add_watch(*doctor, call);
    doctor->callback([&] {
        call.act = [&](const auto& to) { call.failed = !cli::doctor(to, format_of(call)); };
    });
    auto* integrations = app.add_subcommand("integrations", "list the companies' integrations");
    add_watch(*integrations, call);
    integrations->callback(
        [&] { call.act = [&](const auto& to) { cli::list_integrations(to, format_of(call)); }; });

    auto* requests = app.add_subcommand("requests", "list the newest payment requests");
    add_limit(*requests, call);
    add_watch(*requests, call);
    requests->callback([&] {
        call.act = [&](const auto& to) { cli::list_requests(to, call.limit, format_of(call)); };
    });

    cli::add_payments(app, call);
    add_jobs(app, call);
    add_live(app, call);
    add_persons(app, call);

    cli::add_proof(app, call);
    auto* verify = app.add_subcommand("verify", "check the rules that must always hold");
    verify->add_flag("--record", call.record,
                     "open a discrepancy for what breaks one, and close what is in order again");
    add_json(*verify, call);
    verify->callback([&] {
        call.act = [&](const auto& to) {
            call.failed = !cli::verify(to, call.record, format_of(call));
        };
    });
    auto* discrepancies = app.add_subcommand("discrepancies", "list what does not fit together");
    add_limit(*discrepancies, call);
    add_watch(*discrepancies, call);
    discrepancies->callback([&] {
        call.act = [&](const auto& to) {
            cli::list_discrepancies(to, call.limit, format_of(call));
        };
    });

    add_repair(app, call);

    auto* alarms = app.add_subcommand("alarms", "list what needs a person");
    add_watch(*alarms, call);
    alarms->callback(
        [&] { call.act = [&](const auto& to) { cli::list_alarms(to, format_of(call)); }; });
    auto* fuse = app.add_subcommand("fuse", "the fuse against mass changes of stages");
    fuse->require_subcommand(1);
    fuse->add_subcommand("clear", "let the next mass change through, once")->callback([&] {
        call.act = [](const auto& to) { cli::clear_fuse(to); };
    });

    auto* kit = app.add_subcommand("contract-kit",
                                   "play the daemon in a test database, without Stripe and mail");
    kit->add_flag("--fixtures", call.contract_kit.fixtures,
                  "make companies and payment requests in every state first");
    kit->add_flag("--once", call.contract_kit.once, "end when nothing is left to do");
    kit->callback(
        [&] { call.act = [&](const auto& to) { cli::play_contract(to, call.contract_kit); }; });

    auto* mail = app.add_subcommand("mail", "mails to payers");
    mail->require_subcommand(1);
    auto* resolve = mail->add_subcommand("resolve", "settle a mail that is in doubt");
    resolve
        ->add_option("request", call.request_id,
                     "the id of the payment request, or of one of its mails")
        ->required();
    auto* how = resolve->add_option_group("how");
    auto* sent = how->add_flag("--sent", call.sent, "the mail did arrive");
    how->add_flag("--resend", call.resend, "send the mail again")->excludes(sent);
    how->require_option(1);
    resolve->callback([&] {
        call.act = [&](const auto& to) { cli::resolve_mail(to, call.request_id, call.sent); };
    });

    auto* requeue = mail->add_subcommand("requeue", "send mails that failed again");
    requeue->add_option("id", call.request_id, "the payment request's id, or the mail's own")
        ->required();
    requeue->callback(
        [&] { call.act = [&](const auto& to) { cli::requeue_mail(to, call.request_id); }; });
    auto* preview = mail->add_subcommand("preview", "show a mail as it would be sent now");
    preview->add_option("-k,--kind", call.preview.kind, "request, reminder, receipt or notice")
        ->capture_default_str()
        ->check(CLI::IsMember({"request", "reminder", "receipt", "notice"}));
    auto* company =
        preview->add_option("--company", call.preview.company, "in the name of this company");
    preview->add_option("--request", call.preview.request_id, "of this payment request")
        ->excludes(company);
    preview->add_option("--locale", call.preview.locale, "in this language, such as de-AT");
    preview->add_option("-p,--part", call.preview.part, "text, html, or the whole mail (eml)")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "html", "eml"}));
    preview->callback([&] {
        call.act = [&](const auto& to) { cli::preview_mail(call.config->mail, to, call.preview); };
    });
    auto* failed = mail->add_subcommand("failed", "list mails that failed or came back");
    add_limit(*failed, call);
    add_watch(*failed, call);
    failed->callback([&] {
        call.act = [&](const auto& to) { cli::list_failed_mails(to, call.limit, format_of(call)); };
    });
}

void add_completion(CLI::App& app, Invocation& call) {
    auto* completion = app.add_subcommand("completion", "print what completes these commands");
    completion->require_subcommand(1);
    completion->add_subcommand("bash", "a script for bash")->callback([&] {
        call.offline = [&] { std::cout << cli::bash_completion(app); };
    });
    completion->add_subcommand("list", "every command with its options, a line each")
        ->callback([&] { call.offline = [&] { std::cout << cli::option_list(app); }; });
}

/// Once, or again and again: then a database that is away is said and waited for.
void act(Invocation& call) {
    auto conninfo = conninfo_of(call.config->database, "paysyncctl", call.patience);
    if (!call.user.empty())
        conninfo = db::conninfo(conninfo, {{"user", call.user}});
    if (!call.watch)
        return call.act(conninfo);
    while (std::cout) {
        if (::isatty(STDOUT_FILENO) != 0)
            std::cout << "\033[H\033[2J";
        try {
            call.act(conninfo);
        } catch (const db::Unavailable& e) {
            std::cerr << "paysyncctl: " << e.what() << '\n';
        }
        std::cout << std::endl;
        std::this_thread::sleep_for(std::chrono::seconds(*call.watch));
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CLI::App app("Shows and steers paysync.", "paysyncctl");
    Invocation call;
    app.add_option("-c,--config", call.config_path, "configuration file")->capture_default_str();
    app.add_option("-U,--user", call.user, "PostgreSQL role to connect as, instead of the file's");
    app.set_version_flag("--version", std::string("paysyncctl ") + version());
    app.require_subcommand(1);
    app.fallthrough();
    add_commands(app, call);
    add_completion(app, call);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? EX_OK : EX_USAGE;
    }
    try {
        if (call.offline) {
            call.offline();
            return EX_OK;
        }
        call.config = config::load_config(call.config_path);
        if (call.live)
            call.live();
        else
            act(call);
    } catch (const config::Error& e) {
        std::cerr << e.what() << '\n';
        return EX_CONFIG;
    } catch (const bus::Error& e) {
        std::cerr << "paysyncctl: " << e.what() << '\n';
        return cli::exit_code(e);
    } catch (const db::Unavailable& e) {
        std::cerr << "paysyncctl: the database does not answer: " << e.what() << '\n';
        return EX_UNAVAILABLE;
    } catch (const std::exception& e) {
        std::cerr << "paysyncctl: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
    return call.failed ? EXIT_FAILURE : EX_OK;
}
