// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/attempts_store.hpp"
#include "jobs/payment_requests/link.hpp"

namespace paysync::payment_requests {

/// The four writes that every delivery needs, shared by all deliveries of a pass: those that are at
/// the same step at the same time commit in one transaction. Commits are what limits the speed of
/// sending (docs/decisions/0009).
struct SharedWrites {
    explicit SharedWrites(Context& context)
        : links(context),
          open_attempt(context.loop, context.db, store::open_attempts),
          commit_send(context.loop, context.db, store::commit_sends),
          record_sent(context.loop, context.db, store::record_sent) {}

    LinkTools links;
    db::Grouped<store::NewAttempt, store::Opening> open_attempt;
    db::Grouped<store::SendCommit, store::Promise> commit_send;
    db::Grouped<store::SentAttempt, bool> record_sent;
};

}  // namespace paysync::payment_requests
