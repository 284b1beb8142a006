// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/db/transaction.hpp"

#include <map>
#include <string>
#include <vector>

namespace paysync::runs::store {

/// A job and its schedule in words.
struct Known {
    std::string job;
    std::string schedule;
};

/// Who runs, and how long it counts as alive without a sign of life.
struct Runner {
    std::string daemon;
    double lease_seconds = 0;
};

/// Registers jobs; slots from before a schedule changed are not missed.
void know_jobs(pqxx::work& tx, std::vector<Known> jobs);

/// A daemon's sign of life, with the jobs that had a pass since the last one; forgets daemons that
/// are gone for a day. Yields how many daemons are alive, this one included.
int beat(pqxx::work& tx, Runner runner, std::string version, std::vector<std::string> passed);

/// The daemon has ended its work.
void leave(pqxx::work& tx, std::string daemon);

/// What persons want of all jobs.
std::map<std::string, Control> controls(pqxx::work& tx);

SlotPlan plan(pqxx::work& tx, std::string job);
SlotClaim claim_slot(pqxx::work& tx, SlotWish wish, Runner runner);

/// Asks for a run and answers its id. This and the next two throw a statement's error with SQLSTATE
/// PY404 for a job that no daemon has registered.
std::int64_t ask(pqxx::work& tx, std::string job);
/// Answers whether it was not paused before.
bool pause(pqxx::work& tx, std::string job, std::string reason);
/// Answers whether it was paused.
bool resume(pqxx::work& tx, std::string job);

/// Begins the run that was asked for, 0 when there is none any more.
std::int64_t claim_asked(pqxx::work& tx, std::string job, Runner runner);

/// A pass has lasted for `seconds` and is worth a row.
std::int64_t open(pqxx::work& tx, std::string job, double seconds, Runner runner);

void keep_alive(pqxx::work& tx, std::int64_t run_id, Runner runner);

/// Ends a run that this daemon still has; one that was taken over meanwhile stays as it is.
void finish(pqxx::work& tx, std::int64_t run_id, Outcome outcome);

void add(pqxx::work& tx, std::vector<Summary> summaries, std::string daemon);

/// Deletes runs that ended longer ago, some at a time; yields how many.
int prune(pqxx::work& tx, double older_than_seconds);

}  // namespace paysync::runs::store
