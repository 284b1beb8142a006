// SPDX-License-Identifier: MIT
#include "config/config.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/preview.hpp"
#include "daemon/database.hpp"

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include <clocale>
#include <functional>
#include <iostream>
#include <optional>

namespace {

using namespace paysync;

/// The options and what the chosen subcommand does, given a connection.
struct Invocation {
    std::string config_path = "/etc/paysync/paysync.yaml";
    bool dry_run = false;
    int limit = 50;
    std::string request_id;
    bool sent = false;
    bool resend = false;
    cli::Preview preview;
    std::optional<config::Config> config;  ///< read before anything is done
    Patience patience = Patience::limited;
    std::function<void(const std::string& conninfo)> act;
};

void add_commands(CLI::App& app, Invocation& call) {
    auto* migrate = app.add_subcommand("migrate", "bring the database's schema up to this version");
    migrate->add_flag("--dry-run", call.dry_run, "say what would be applied, and apply nothing");
    migrate->callback([&] {
        call.patience = Patience::unlimited;
        call.act = [&](const auto& to) { cli::migrate(to, call.dry_run); };
    });

    app.add_subcommand("status", "count what is waiting, stuck or wrong")->callback([&] {
        call.act = [](const auto& to) { cli::status(to); };
    });
    app.add_subcommand("integrations", "list the companies' integrations")->callback([&] {
        call.act = [](const auto& to) { cli::list_integrations(to); };
    });

    auto* requests = app.add_subcommand("requests", "list the newest payment requests");
    requests->add_option("-n,--limit", call.limit, "how many")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    requests->callback(
        [&] { call.act = [&](const auto& to) { cli::list_requests(to, call.limit); }; });

    auto* payments = app.add_subcommand("payments", "list the newest payments");
    payments->add_option("-n,--limit", call.limit, "how many")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    payments->callback(
        [&] { call.act = [&](const auto& to) { cli::list_payments(to, call.limit); }; });

    app.add_subcommand("alarms", "list what needs a person")->callback([&] {
        call.act = [](const auto& to) { cli::list_alarms(to); };
    });
    auto* fuse = app.add_subcommand("fuse", "the fuse against mass changes of stages");
    fuse->require_subcommand(1);
    fuse->add_subcommand("clear", "let the next mass change through, once")->callback([&] {
        call.act = [](const auto& to) { cli::clear_fuse(to); };
    });

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
    failed->add_option("-n,--limit", call.limit, "how many")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    failed->callback(
        [&] { call.act = [&](const auto& to) { cli::list_failed_mails(to, call.limit); }; });
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    CLI::App app("Shows and steers paysync.", "paysyncctl");
    Invocation call;
    app.add_option("-c,--config", call.config_path, "configuration file")->capture_default_str();
    app.set_version_flag("--version", "paysyncctl " PAYSYNC_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    add_commands(app, call);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? EX_OK : EX_USAGE;
    }
    try {
        call.config = config::load_config(call.config_path);
        call.act(conninfo_of(call.config->database, "paysyncctl", call.patience));
    } catch (const config::Error& e) {
        std::cerr << e.what() << '\n';
        return EX_CONFIG;
    } catch (const std::exception& e) {
        std::cerr << "paysyncctl: " << e.what() << '\n';
        return EXIT_FAILURE;
    }
    return EX_OK;
}
