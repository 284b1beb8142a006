// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

namespace paysync::store {

/// A number about the database's rows, as a metric shows it.
struct Gauge {
    std::string name;
    std::string help;
    double value = 0;
};

/// What waits, is late or is wrong.
std::vector<Gauge> backlog(pqxx::work& tx);

}  // namespace paysync::store
