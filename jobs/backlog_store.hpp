// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <string>
#include <vector>

/// SQL of the metrics about rows: how much work is waiting, late or broken.
namespace paysync::store {

/// A metric with its current value.
struct Gauge {
    std::string name;  ///< `paysync_…`; dashboards and alert rules use it
    std::string help;
    double value = 0;
};

std::vector<Gauge> backlog(pqxx::work& tx);

}  // namespace paysync::store
