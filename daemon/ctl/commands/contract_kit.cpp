// SPDX-License-Identifier: MIT
#include "daemon/base/db/errors.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/session.hpp"
#include "jobs/embedded.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace paysync::ctl {

namespace {

struct ContractKitOptions {
    bool fixtures = false;
    bool once = false;
};

/// A notification on the channel ends await_notification() early; nothing else is to be done.
struct WakeUp : pqxx::notification_receiver {
    using pqxx::notification_receiver::notification_receiver;
    void operator()(const std::string&, int) override {}
};

void install_kit(pqxx::connection& connection) {
    pqxx::work tx(connection);
    for (const auto& file : embedded::contract_kit())
        tx.exec(std::string(file.text));
    tx.commit();
}

/// Does what is due, in one transaction, and yields how many things were done.
int play(pqxx::connection& connection) {
    pqxx::work tx(connection);
    const auto done = tx.exec1("SELECT pay_kit.play()")[0].as<int>();
    tx.commit();
    return done;
}

int run_contract_kit(Session& session, const ContractKitOptions& options) try {
    pqxx::connection connection(session.conninfo());
    install_kit(connection);
    if (options.fixtures) {
        pqxx::work tx(connection);
        tx.exec("SELECT pay_kit.fixtures()");
        tx.commit();
    }
    const WakeUp commands(connection, "pay_command");
    const WakeUp requests(connection, "pay_payment_request");
    const WakeUp links(connection, "pay_link_due");
    if (!options.once)
        std::cout << "the contract kit plays the daemon in the database " << connection.dbname()
                  << "; nothing is sent to Stripe or to a mail server" << std::endl;
    do {
        while (play(connection) > 0) {
        }
        // Polled every second as well, since nothing notifies of what becomes due by the clock.
    } while (!options.once && connection.await_notification(1, 0) >= 0);
    return EXIT_SUCCESS;
} catch (const pqxx::broken_connection& e) {
    throw db::Unavailable(e.what());
} catch (const pqxx::sql_error& e) {
    throw db::StatementError(e.what(), e.sqlstate());
}

}  // namespace

void add_contract_kit(Commands& commands) {
    const auto options = std::make_shared<ContractKitOptions>();
    auto command =
        commands.add("contract-kit", "play the daemon in a test database, without Stripe and mail",
                     [options](Session& session) { return run_contract_kit(session, *options); });
    command.flag("--fixtures", options->fixtures,
                 "first create companies and payment requests in every state");
    command.flag("--once", options->once, "end when nothing is left to do");
}

}  // namespace paysync::ctl
