// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>

namespace paysync::db {

/// Who we are in the database.
struct Rights {
    std::string role;
    bool superuser = false;
    bool daemon = false;  ///< has the rights of pay_daemon
};

Rights rights(pqxx::work& tx);

}  // namespace paysync::db
