// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/report.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace paysync {

class Clock;
class Loop;
namespace db {
class Pool;
}
namespace mail {
class Sender;
}
namespace stripe {
class Client;
}

/// How long a claim of rows lasts (`leases` in the configuration). A claim is a lease: it ends by
/// itself after `duration`, so the rows of a dead daemon become free again. A living one extends
/// its leases every `renew`; see LeaseKeeper.
struct LeaseTimes {
    std::chrono::milliseconds duration{60000};
    std::chrono::milliseconds renew{20000};
};

/// Everything outside of itself that a job may use, for one pass. The engine makes a new Context
/// for each pass and outlives it; a job keeps no reference beyond its run().
///
/// The types are only declared here: a source includes the header of each one that it uses, for
/// example `daemon/base/db/pool.hpp` for `context.db.run(…)`. Tests put a hand-turned Clock, a
/// scripted Client or a recording Sender in place of the real ones; the database is always real.
struct Context {
    Loop& loop;
    Clock& clock;
    db::Pool& db;
    stripe::Client& stripe;
    mail::Sender& mail;
    LeaseTimes leases;
    std::string daemon_id;  ///< names this process in the column `leased_by`
    std::stop_token stop;   ///< the daemon is shutting down, or its configuration is replaced
    Report report = {};     ///< filled in by the job: how much was done, how much failed and why
};

}  // namespace paysync
