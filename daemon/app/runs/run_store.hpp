// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/app/runs/run.hpp"
#include "daemon/base/db/transaction.hpp"

#include <map>
#include <string>
#include <vector>

/// SQL of jobs, daemons and runs.
namespace paysync::runs::store {

/// Registers jobs with their schedules. When a schedule has changed, slots from before that moment
/// do not count as missed.
void register_jobs(pqxx::work& tx, std::vector<RegisteredJob> jobs);

/// Records that a daemon is alive for the time of its lease, and that `jobs_with_pass` had a pass
/// since the last heartbeat. Deletes daemons that have been gone for a day. Returns how many
/// daemons are alive, this one included.
int heartbeat(pqxx::work& tx, DaemonLease daemon, std::string version,
              std::vector<std::string> jobs_with_pass);

/// The daemon has ended; other daemons need not wait for its lease to run out.
void unregister_daemon(pqxx::work& tx, std::string daemon);

/// The requests of operators, for all registered jobs.
std::map<std::string, JobControl> read_controls(pqxx::work& tx);

SlotPlan plan_slot(pqxx::work& tx, std::string job);

/// Locks the job, so that one daemon at a time decides about its slots, and begins a run if the
/// result is `claimed`.
SlotClaim claim_slot(pqxx::work& tx, SlotRequest request, DaemonLease daemon);

/// Requests a run and returns its id. This and the next two throw db::StatementError with SQLSTATE
/// PY404 for a job that no daemon has registered.
std::int64_t request_run(pqxx::work& tx, std::string job);
/// Returns false when the job was paused already.
bool pause_job(pqxx::work& tx, std::string job, std::string reason);
/// Returns false when the job was not paused.
bool resume_job(pqxx::work& tx, std::string job);

/// Begins the requested run of a job and returns its id; 0 when there is none, or another daemon
/// has begun it.
std::int64_t claim_requested_run(pqxx::work& tx, std::string job, DaemonLease daemon);

/// Begins a run for a pass that has already lasted for `seconds`. Returns its id.
std::int64_t open_run(pqxx::work& tx, std::string job, double seconds, DaemonLease daemon);

/// Extends the lease of a run.
void renew_run(pqxx::work& tx, std::int64_t run_id, DaemonLease daemon);

/// Ends a run. A run that was declared lost meanwhile is not changed.
void finish_run(pqxx::work& tx, std::int64_t run_id, Outcome outcome);

/// Writes a run for each summary.
void add_summaries(pqxx::work& tx, std::vector<PassSummary> summaries, std::string daemon);

/// Deletes runs that ended longer ago, 10,000 at most; returns how many.
int delete_old_runs(pqxx::work& tx, double older_than_seconds);

}  // namespace paysync::runs::store
