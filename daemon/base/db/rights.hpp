// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>

namespace paysync::db {

/// The role of a connection and its rights, to explain a wrong `database.dsn` before work begins.
struct Rights {
    std::string role;  ///< current_user
    bool superuser = false;
    bool daemon = false;  ///< has the rights of pay_daemon
};

Rights read_rights(pqxx::work& tx);

}  // namespace paysync::db
