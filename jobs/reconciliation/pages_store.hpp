// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/mirror_row.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/reconciliation/object_batch.hpp"
#include "jobs/reconciliation/streams_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Stores Stripe's answers, on a database worker: a page of a list, or one object, of any kind.
///
/// Each function is one transaction. It locks the stream, has the kind's ObjectBatch read the JSON,
/// puts refused objects into quarantine, and writes the changed rows with all that follows from
/// them and with the progress of the walk. Either all of it is stored or nothing.
///
/// All functions throw LeaseLost. They throw stripe::FieldError for a body that is not JSON of the
/// expected outer form (a single bad object in a page only goes to quarantine).
namespace paysync::reconciliation::store {

/// The effect of one or several answers.
struct StoredObjects {
    bool finished = false;  ///< the stream's walk came to its end
    int listed = 0;         ///< objects that came
    int written = 0;        ///< objects that are new or changed
    int refused = 0;        ///< objects that were put into quarantine
    std::vector<SettledRequest> settled;
};

/// A page of the stream's list, and its place in the walk.
struct ListPage {
    std::string body;  ///< empty: the slice begins again, because its cursor's object is gone
    ResponseInfo response;
    Slice slice;                     ///< as it stands when this page is stored
    bool last = false;               ///< the slice is read completely
    ListedRange listed;              ///< creation times of which the page has all objects
    std::optional<Slice> split_off;  ///< a part of the slice that is a slice of its own from now on
};

using ListPages = std::vector<ListPage>;

/// Stores pages, those of one slice in their order, and how far the walk has come.
StoredObjects store_pages(pqxx::work& tx, StreamLease lease, WalkTimes times,
                          std::shared_ptr<const ListPages> pages);

/// Stores one object that was read by its id, and when to look at it again.
StoredObjects store_object(pqxx::work& tx, StreamLease lease, std::string id, std::string body,
                           ResponseInfo response);

/// Stripe's answer to a read by id was an error that concerns this object alone. (A "refused
/// object" is another thing: it came, and could not be read.)
///
/// After 4xx (`for_good`) its row in pay_private.reread is deleted, so it is asked for again only
/// when its next_check_at has come. After 5xx that row moves behind the others.
void store_refusal(pqxx::work& tx, StreamLease lease, std::string id, bool for_good);

/// Stripe answered 404 for this object. The first 404 opens a discrepancy, for example
/// `charge_vanished`. A second one at least 30 s later sets gone_at and gives the discrepancy the
/// state `explained`. The row is kept.
void store_not_found(pqxx::work& tx, StreamLease lease, std::string id,
                     std::string stripe_request_id);

}  // namespace paysync::reconciliation::store
