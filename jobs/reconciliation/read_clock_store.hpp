// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <chrono>

namespace paysync::reconciliation::store {

/// Converts moments of this process to the database's clock.
///
/// The column read_at must order the reads of several daemons, whose clocks differ; the database's
/// clock is the only one that they share. Moments of one daemon keep their order. Two daemons
/// convert the same moment to times that differ by no more than a statement takes.
class ReadClock {
public:
    /// Asks the database for its time.
    explicit ReadClock(pqxx::work& tx);

    /// The moment in Unix seconds of the database's clock.
    double of(std::chrono::steady_clock::time_point moment) const;

private:
    double offset_;
};

}  // namespace paysync::reconciliation::store
