// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/base/db/transaction.hpp"
#include "jobs/reconciliation/matching_store.hpp"
#include "jobs/reconciliation/mirror_row.hpp"
#include "jobs/reconciliation/mirror_store.hpp"
#include "jobs/stripe/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paysync::reconciliation::store {

/// An object, and the response that it came in, which lives longer.
template <typename T>
struct ReadObject {
    T object;
    const ResponseInfo* response;
};

/// An object that came and that its reader refused: unknown shape, or the wrong mode.
using RefusedObject = ReadObject<stripe::RejectedObject>;

/// The problem of an object that is live in a test account, or the reverse.
inline constexpr const char* kWrongMode = "is not the mode that the account is connected in";

/// The effect of a batch on the database.
struct Changes {
    int written = 0;                      ///< objects that are new or changed
    std::vector<SettledRequest> settled;  ///< payment requests whose state or money changed
};

/// Objects of one kind from one or several responses, on their way from JSON into the database. The
/// kind makes its batches: `StreamKind::new_batch`.
///
/// The caller does for all kinds the same: it adds bodies, writes refused() to quarantine and then
/// calls apply_changes(), all in one transaction.
class ObjectBatch {
public:
    virtual ~ObjectBatch() = default;

    /// Adds the objects of a page of the kind's list. Throws stripe::FieldError when `body` is not
    /// a list. `response` must outlive the batch.
    void add_page(std::string_view body, const ResponseInfo& response);

    /// Adds the answer to a request for the object `id`; one that is something else is refused.
    void add_object(const std::string& id, const std::string& body, const ResponseInfo& response);

    /// Objects that came, refused ones included.
    int listed() const noexcept { return static_cast<int>(ids_.size() + refused_.size()); }
    /// The ids of the objects that could be read.
    const std::vector<std::string>& ids() const noexcept { return ids_; }
    /// The latest creation time among them, in Unix seconds; nothing when there is none.
    std::optional<std::int64_t> newest() const noexcept { return newest_; }
    const std::vector<RefusedObject>& refused() const noexcept { return refused_; }

    /// Writes the objects that are new or changed and their consequences, for example the history
    /// of a charge and the state of the payment request that it pays.
    virtual Changes apply_changes(pqxx::work& tx, const AccountRead& read) const = 0;

protected:
    struct Identity {
        std::string id;
        std::int64_t created = 0;
    };

    /// Reads one object and keeps it. Throws stripe::FieldError to have it refused.
    virtual Identity read(const stripe::Object& object, const ResponseInfo& response) = 0;

private:
    void add(const stripe::Object& object, const ResponseInfo& response);

    std::vector<std::string> ids_;
    std::optional<std::int64_t> newest_;
    std::vector<RefusedObject> refused_;
};

}  // namespace paysync::reconciliation::store
