// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/grouped.hpp"
#include "jobs/frame/context.hpp"
#include "jobs/payment_requests/attempts_store.hpp"
#include "jobs/stripe/call_store.hpp"

namespace paysync::payment_requests {

/// The writes that every mail needs. All mails of a pass share them, so that those which are at the
/// same step at the same time commit together.
struct Steps {
    explicit Steps(Context& context)
        : begin_call(context.loop, context.db, stripe::begin_calls),
          open_attempt(context.loop, context.db, store::open_attempts),
          commit_attempt(context.loop, context.db, store::commit_attempts),
          record_sent(context.loop, context.db, store::record_sent) {}

    db::Grouped<stripe::NewCall, stripe::StoredCall> begin_call;
    db::Grouped<store::Opening, std::optional<store::Attempt>> open_attempt;
    db::Grouped<store::Promise, bool> commit_attempt;
    db::Grouped<store::Acceptance, bool> record_sent;
};

}  // namespace paysync::payment_requests
