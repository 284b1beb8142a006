// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace paysync::metrics {

/// The daemon's metrics, all with the prefix `paysync_`. Every series of a job or account that is
/// named at the start is there from the start. Belongs to one thread.
class Registry {
public:
    Registry(const std::string& version, const std::vector<std::string>& jobs,
             const std::vector<std::string>& mail_accounts);
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    /// A pass ended: `outcome` is ok, partial or error.
    void pass(const std::string& job, const std::string& outcome, double seconds, int done,
              int failed);
    /// A job that runs again and again, so often.
    void period(const std::string& job, double seconds);
    void paused(const std::string& job, bool paused);
    void database(bool up);
    void mail_account(const std::string& account, bool up);
    /// A number that is looked up in the database.
    void set(const std::string& name, const std::string& help, double value);
    /// They cannot be looked up now: better none than old ones.
    void forget_looked_up();

    /// In Prometheus' text format.
    std::string text() const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace paysync::metrics
