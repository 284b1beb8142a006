// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

namespace paysync::config {
struct Config;
}

namespace paysync::ctl {

/// Where a command works: the configuration file and the database role that the command line names.
///
/// The file is read when a command first asks for it. `completion` therefore works without one,
/// and `mail preview` of a made-up request without a database.
class Session {
public:
    std::string config_path = "/etc/paysync/paysync.yaml";
    std::string user;  ///< PostgreSQL role; empty for the one in the configuration

    Session();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Throws config::Error when the file cannot be used.
    const config::Config& config();

    /// The connection string of the configured database, with the password in it: never print it.
    /// Statements and waits for locks are bounded, as in the daemon.
    std::string conninfo();
    /// The same for a migration, whose statements may take any time.
    std::string conninfo_without_limits();

private:
    std::string conninfo_as_user(std::string conninfo) const;

    std::unique_ptr<const config::Config> config_;
};

}  // namespace paysync::ctl
