// SPDX-License-Identifier: MIT
#include "daemon/ctl/contract_kit.hpp"

#include "daemon/base/db/errors.hpp"
#include "jobs/embedded.hpp"

#include <pqxx/pqxx>

#include <iostream>

namespace paysync::cli {

namespace {

/// Ends the wait for whatever is said on a channel.
struct WakeUp : pqxx::notification_receiver {
    using pqxx::notification_receiver::notification_receiver;
    void operator()(const std::string&, int) override {}
};

void install(pqxx::connection& connection) {
    pqxx::work tx(connection);
    for (const auto& file : embedded::contract_kit())
        tx.exec(std::string(file.text));
    tx.commit();
}

/// One transaction, so that an application never sees half of it.
int play(pqxx::connection& connection) {
    pqxx::work tx(connection);
    const auto done = tx.exec1("SELECT pay_kit.play()")[0].as<int>();
    tx.commit();
    return done;
}

}  // namespace

void play_contract(const std::string& conninfo, const ContractKit& kit) try {
    pqxx::connection connection(conninfo);
    install(connection);
    if (kit.fixtures) {
        pqxx::work tx(connection);
        tx.exec("SELECT pay_kit.fixtures()");
        tx.commit();
    }
    const WakeUp commands(connection, "pay_command");
    const WakeUp requests(connection, "pay_payment_request");
    const WakeUp links(connection, "pay_link_due");
    if (!kit.once)
        std::cout << "the contract kit plays the database " << connection.dbname()
                  << "; nothing leaves it" << std::endl;
    do {
        while (play(connection) > 0) {
        }
        // What is due later is found by polling.
    } while (!kit.once && connection.await_notification(1, 0) >= 0);
} catch (const pqxx::broken_connection& e) {
    throw db::Unavailable(e.what());
}

}  // namespace paysync::cli
