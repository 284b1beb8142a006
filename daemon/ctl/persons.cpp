// SPDX-License-Identifier: MIT
#include "daemon/ctl/persons.hpp"

#include "daemon/base/db/connection.hpp"

#include <iostream>
#include <stdexcept>
#include <vector>

namespace paysync::cli {

namespace {

std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        const auto end = line.find_last_not_of(" \t\r");
        if (end != line.npos)
            lines.push_back(line.substr(0, end + 1));
    }
    if (lines.empty())
        throw std::runtime_error("standard input has no address; one a line is expected");
    return lines;
}

}  // namespace

void list_suppressed(const std::string& conninfo, int limit, Format format) {
    print_rows(conninfo, R"sql(
        SELECT email, reason, date_trunc('second', created_at) AS since
          FROM pay.suppression ORDER BY suppression_id DESC LIMIT $1::integer)sql",
               std::to_string(limit), format);
}

void suppress(const std::string& conninfo, std::istream& addresses, const std::string& reason) {
    const auto lines = lines_of(addresses);
    int added = 0;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        added = 0;
        for (const auto& address : lines)
            added += tx.exec_params(R"sql(
                INSERT INTO pay.suppression (email, reason) VALUES ($1, $2)
                ON CONFLICT (lower(email::text)) DO NOTHING)sql",
                                    address, reason)
                                 .affected_rows() == 1
                         ? 1
                         : 0;
    });
    std::cout << added << " addresses get no mails from now on\n";
}

void unsuppress(const std::string& conninfo, std::istream& addresses) {
    const auto lines = lines_of(addresses);
    int removed = 0;
    db::Connection(conninfo).run([&](pqxx::work& tx) {
        removed = 0;
        for (const auto& address : lines)
            removed += tx.exec_params1("SELECT pay.unsuppress($1)", address)[0].as<bool>() ? 1 : 0;
    });
    std::cout << removed << " addresses get mails again\n";
}

void erase(const std::string& conninfo, std::istream& addresses, Format format) {
    for (const auto& address : lines_of(addresses))
        print_rows(conninfo, "SELECT * FROM pay_private.erase_subject($1)", address, format);
}

}  // namespace paysync::cli
