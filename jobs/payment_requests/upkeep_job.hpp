// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/frame/job.hpp"
#include "jobs/payment_requests/settings.hpp"

namespace paysync::payment_requests {

/// The job `payment_requests.upkeep`: writes what SQL has to know of the configuration, when the
/// daemon starts and whenever another daemon wrote something else, and deletes records that are
/// older than their retention.
class UpkeepJob final : public Job {
public:
    explicit UpkeepJob(Settings settings) : settings_(std::move(settings)) {}

    std::string name() const override { return "payment_requests.upkeep"; }
    std::chrono::milliseconds every() const override { return std::chrono::hours(1); }
    Task<void> run(Context& context) override;

private:
    using Delete = int (*)(pqxx::work& tx, double older_than_seconds, int limit);
    Task<void> delete_old(Context& context, Delete function, std::chrono::milliseconds keep);

    Settings settings_;
};

}  // namespace paysync::payment_requests
