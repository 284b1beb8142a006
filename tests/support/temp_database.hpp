// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <string>

namespace paysync::test {

/// The folder of the private cluster's socket, from the cluster that $PAYSYNC_TEST_CLUSTER names
/// (scripts/cluster).
std::string cluster_socket_folder();

/// Who paysyncd and paysyncctl of an end-to-end test log in as: members of pay_daemon and of
/// pay_operator, and of nothing else.
inline constexpr const char* kServiceRole = "paysync_service";
inline constexpr const char* kOperatorRole = "paysync_person";
/// Makes them in the connection's cluster, as far as a migration has made the roles that they need.
void make_login_roles(pqxx::connection& connection);

/// A database of the test's own in the private cluster: a copy of the migrated template, dropped at
/// the end.
class TempDatabase {
public:
    enum class Contents { migrated, empty };

    explicit TempDatabase(Contents contents = Contents::migrated);
    ~TempDatabase();
    TempDatabase(const TempDatabase&) = delete;
    TempDatabase& operator=(const TempDatabase&) = delete;

    /// A libpq connection string.
    const std::string& dsn() const noexcept { return dsn_; }
    const std::string& name() const noexcept { return name_; }

private:
    std::string name_;
    std::string dsn_;
};

}  // namespace paysync::test
