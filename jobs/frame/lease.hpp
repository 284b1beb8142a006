// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/frame/context.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>

namespace paysync {

/// A store function that extends all leases with this token by `seconds` from the database's now.
using RenewLeases = void (*)(pqxx::work&, std::int64_t token, double seconds);

/// A store function that gives back what a stopping daemon has not finished.
using ReleaseLeases = void (*)(pqxx::work&, std::int64_t token);

/// Holds a batch's leases while its work runs. Every write of that work also checks the token, so a
/// lease that was lost anyway costs the work and never doubles it.
class LeaseKeeper {
public:
    LeaseKeeper(Context& context, RenewLeases renew, ReleaseLeases release, std::int64_t token)
        : context_(context),
          renew_(renew),
          release_(release),
          token_(token),
          pass_on_(context.stop, [this] { lost_.request_stop(); }) {}

    /// What the work listens to: the pass's own stop, or the loss of the leases.
    std::stop_token work_stop() const noexcept { return lost_.get_token(); }

    /// Runs the work with its leases renewed beside it, and throws what it throws. Renewing stops
    /// the work when the leases could not be renewed in time.
    Task<void> during(Task<void> work);

private:
    Task<void> keep_renewing();

    Context& context_;
    RenewLeases renew_;
    ReleaseLeases release_;
    std::int64_t token_;
    std::stop_source lost_;
    std::stop_source finished_;
    std::stop_callback<std::function<void()>> pass_on_;
};

}  // namespace paysync
