// SPDX-License-Identifier: MIT
#include "daemon/base/db/rights.hpp"

#include <pqxx/pqxx>

namespace paysync::db {

Rights read_rights(pqxx::work& tx) {
    const auto row = tx.exec1(R"sql(
        SELECT current_user, rolsuper,
               EXISTS (SELECT FROM pg_roles d WHERE d.rolname = 'pay_daemon' AND pg_has_role(d.oid, 'USAGE'))
          FROM pg_roles WHERE rolname = current_user)sql");
    return {row[0].as<std::string>(), row[1].as<bool>(), row[2].as<bool>()};
}

}  // namespace paysync::db
