// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <functional>
#include <memory>
#include <string>

namespace paysync::db {

/// How PostgreSQL plans prepared statements: as it thinks best, which is for the values of each
/// execution, or once for all values, which is right where the same short ones come again and
/// again.
enum class Plans { as_it_thinks, once };

/// One libpqxx connection that is made when first needed and thrown away whenever it broke; belongs
/// to one thread.
class Connection {
public:
    explicit Connection(std::string conninfo, Plans plans = Plans::as_it_thinks)
        : conninfo_(std::move(conninfo)), plans_(plans) {}

    /// Runs `work` in one transaction and commits it. A broken old connection, a deadlock and a
    /// serialization failure are answered by running `work` again, so it must have no effect
    /// outside its transaction. Throws Unavailable, CommitInDoubt, StatementError, or what `work`
    /// throws.
    void run(const std::function<void(pqxx::work&)>& work);

private:
    void connect();

    std::string conninfo_;
    Plans plans_;
    std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace paysync::db
