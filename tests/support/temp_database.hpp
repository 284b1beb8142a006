// SPDX-License-Identifier: MIT
#pragma once

#include <pqxx/pqxx>

#include <string>

namespace paysync::test {

/// The folder of the private cluster's socket, in the cluster that $PAYSYNC_TEST_CLUSTER names
/// (scripts/cluster).
std::string cluster_socket_folder();

/// The login roles of paysyncd and paysyncctl in end-to-end tests: members of pay_daemon and of
/// pay_operator, and of no other role.
inline constexpr const char* kServiceRole = "paysync_service";
inline constexpr const char* kOperatorRole = "paysync_person";
/// Creates them in the connection's cluster, if a migration has created the roles that they need.
void make_login_roles(pqxx::connection& connection);

/// A database for one test in the private cluster: a copy of the migrated template, dropped at the
/// end.
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
