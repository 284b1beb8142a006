// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/pool.hpp"
#include "daemon/base/loop/clock.hpp"
#include "daemon/base/loop/loop.hpp"
#include "daemon/base/mail/sender.hpp"
#include "jobs/frame/report.hpp"
#include "jobs/stripe/client.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace paysync {

/// How long claimed rows belong to their claimer.
struct LeaseTimes {
    std::chrono::milliseconds duration{60000};
    std::chrono::milliseconds renew{20000};
};

/// Everything that a job sees of the world, for one pass.
struct Context {
    Loop& loop;
    Clock& clock;
    db::Pool& db;
    stripe::Client& stripe;
    mail::Sender& mail;
    LeaseTimes leases;
    std::string daemon_id;  ///< names this process in `leased_by` columns
    std::stop_token stop;
    Report report = {};  ///< what the pass has done so far
};

}  // namespace paysync
