// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"

#include <chrono>

namespace paysync::reconciliation::store {

/// Places moments of this process on the database's clock, in Unix seconds: what was read later
/// here has a later moment there, and daemons differ by no more than a statement takes.
class ReadClock {
public:
    /// Asks the database what time it is.
    explicit ReadClock(pqxx::work& tx);

    double of(std::chrono::steady_clock::time_point moment) const;

private:
    double offset_;
};

}  // namespace paysync::reconciliation::store
