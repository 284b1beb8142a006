// SPDX-License-Identifier: MIT
#include "daemon/base/db/connection.hpp"
#include "daemon/ctl/commands.hpp"
#include "daemon/ctl/input.hpp"
#include "daemon/ctl/rows.hpp"
#include "daemon/ctl/session.hpp"

#include <pqxx/pqxx>

#include <cstdlib>
#include <iostream>
#include <memory>

/// `suppress list`, `suppress add` and `suppress remove`: addresses to which nothing is sent.
namespace paysync::ctl {

namespace {

constexpr const char* kSuppressed = R"sql(
    SELECT email, reason, date_trunc('second', created_at) AS since
      FROM pay.suppression ORDER BY suppression_id DESC LIMIT $1::integer)sql";

// An address that is already on the list keeps its reason.
constexpr const char* kSuppress = R"sql(
    INSERT INTO pay.suppression (email, reason) VALUES ($1, $2)
    ON CONFLICT (lower(email COLLATE "C")) DO NOTHING)sql";

/// In a statement of its own, so that no other value can be the cause.
void check_address(pqxx::work& tx, const AddressLine& line) {
    constexpr const char* kConsequence = "no address was added";
    try {
        tx.exec_params("SELECT $1::pay.email", line.address);
    } catch (const pqxx::check_violation&) {
        throw bad_address(line, kConsequence);
    } catch (const pqxx::data_exception&) {
        throw bad_address(line, kConsequence);  // no UTF-8
    }
}

int add_addresses(Session& session, const std::string& reason) {
    const auto conninfo = session.conninfo();
    const auto lines = addresses_from(std::cin);
    std::size_t added = 0;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        added = 0;
        for (const auto& line : lines) {
            check_address(tx, line);
            added += tx.exec_params(kSuppress, line.address, reason).affected_rows();
        }
    });
    std::cout << added << " addresses added to the suppression list\n";
    return EXIT_SUCCESS;
}

int remove_addresses(Session& session) {
    const auto conninfo = session.conninfo();
    const auto lines = addresses_from(std::cin);
    int removed = 0;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        removed = 0;
        for (const auto& line : lines)
            removed +=
                tx.exec_params1("SELECT pay.unsuppress($1)", line.address)[0].as<bool>() ? 1 : 0;
    });
    std::cout << removed << " addresses removed from the suppression list\n";
    return EXIT_SUCCESS;
}

}  // namespace

void add_suppress(Commands& commands) {
    auto group = commands.group("suppress", "the suppression list: addresses that get no mail");
    const auto display = std::make_shared<Display>();
    const auto reason = std::make_shared<std::string>();

    auto list = group.add("list", "list the addresses, newest first", [display](Session& session) {
        return print_rows(session, *display, kSuppressed, {std::to_string(display->limit)});
    });
    add_limit(list, *display);
    add_json(list, *display);

    auto add = group.add("add", "add the addresses on standard input, one per line",
                         [reason](Session& session) { return add_addresses(session, *reason); });
    add.text("--reason", *reason, "why");

    group.add("remove", "remove the addresses on standard input, one per line", remove_addresses);
}

}  // namespace paysync::ctl
