// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What becomes of an answer of Stripe's, each function in one transaction with all that follows
/// from it. All throw LeaseLost, and stripe::FieldError for an answer that is not what was asked
/// for, and then nothing is written.
namespace paysync::reconciliation::store {

/// What an answer, or a batch of them, brought.
struct Stored {
    bool has_more = false;  ///< the list goes on
    std::string cursor;     ///< behind this object
    bool finished = false;  ///< the stream's walk is
    int listed = 0;
    int written = 0;   ///< objects new or changed
    int rejected = 0;  ///< objects in quarantine
    std::vector<Settled> settled;
};

/// A page of the stream's list, and where in the walk it belongs.
struct ListPage {
    std::string body;  ///< empty when the slice has to begin again: its cursor is gone at Stripe
    Answer answer;
    Slice slice;                     ///< as it stands when this page is stored
    bool last = false;               ///< and then it is read whole
    Span whole;                      ///< what the page has all of
    std::optional<Slice> split_off;  ///< a part of the slice that is one of its own from now on
};

using ListPages = std::vector<ListPage>;

/// Stores pages with what follows from them, and with them how far the walk has come.
Stored store_pages(pqxx::work& tx, Lease lease, Pace pace, std::shared_ptr<const ListPages> pages);

/// Stores one object that was read by its id, and when to read it again if it can still change.
Stored store_object(pqxx::work& tx, Lease lease, std::string id, std::string body, Answer answer);

/// Stripe does not give this object, for a reason of its own: it is asked for again later, but not
/// out of turn when it was refused `for_good`.
void object_not_given(pqxx::work& tx, Lease lease, std::string id, bool for_good);

/// Stripe does not know this object any more: a discrepancy, and another look later. When that
/// agrees, the object is marked as gone.
void object_vanished(pqxx::work& tx, Lease lease, std::string id, std::string stripe_request_id);

/// Stores one page of the list of what is in a payout; the last page closes it.
Stored store_items(pqxx::work& tx, Lease lease, std::string payout_id, std::string body,
                   Answer answer);

}  // namespace paysync::reconciliation::store
